from datetime import *
import time, pathlib
from commonwatch.desks.exchange import acts, compliance, series
from commonwatch.desks.exchange.intake import Sent
def test_all(house):
    pack=house.node.pack
    house.clock.set(datetime(2026,9,14,5,0,tzinfo=UTC))
    t0=time.time()
    for p in ("BY","KZ","KG","RU","TJ"):
        by=house.na(p)
        rep=[Sent(type="D1",period=(date(2026,9,13)-timedelta(days=n)).isoformat(),values={"change":"no_change","events":n%37+3}) for n in range(1143)]
        acts.submit_reports(by=by,reports=rep,channel="sheet")
    print("filed",time.time()-t0)
    by=house.na("BY")
    a=acts.submit_report(by=by, report=Sent(type="D1",period="2026-09-14",values={"change":"change","events":12,"text":"Flood <b>","topics":["migration"]} if 0 else {"change":"change","events":12,"text":"Flood on the river"}),channel="form")
    acts.correct_report(by=by,report=a.subject,values={"change":"change","events":15,"text":"Flood on the river, two dams"},reason="Late figures",channel="form")
    acts.mark_seen(by=house.na("KZ"),report=a.subject)
    c=house.client("CRC","shift-lead")
    w=c.post("/waivers/",{"type":"D1","party":"KG","ground":"Storm at the post"})
    out=pathlib.Path("/tmp/shots"); out.mkdir(exist_ok=True)
    css=pathlib.Path("commonwatch/ui/static/ui/commonwatch.css").resolve()
    for name,u in {"series":"/series/?type=D1&field=events","compliance":"/compliance/?since=2025-09-01&until=2026-09-14","report":f"/reports/{a.subject}/","form":"/reports/new/D1/","waivers":"/waivers/","active":"/active/","type":"/types/D2/","types":"/types/","sheet":"/reports/new/D1/sheet/","duty":"/duties/D1/TJ/2026-09-14/"}.items():
        t0=time.time(); r=c.get(u); print(name,r.status_code,len(r.content),round(time.time()-t0,3))
        html=r.content.decode(); import re
        html=re.sub(r'href="[^"]*commonwatch[^"]*\.css"',f'href="file://{css}"',html)
        (out/f"{name}.html").write_text(html)
    r=house.client("BY","na-officer").post("/reports/new/D1/",{"_period":"2026-09-14","_owes":"BY","f-change":"","f-events":"many","act":"send"})
    (out/"faults.html").write_text(re.sub(r'href="[^"]*commonwatch[^"]*\.css"',f'href="file://{css}"',r.content.decode()))
