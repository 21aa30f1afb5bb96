import cProfile, pstats, time
from django.db import connection
from django.test.utils import CaptureQueriesContext
def test_p(house):
    c=house.client("CRC","duty")
    t=c.get("/",headers={"HX-Request":"true"})["ETag"]
    h={"HX-Request":"true","If-None-Match":t}
    assert c.get("/",headers=h).status_code==304
    with CaptureQueriesContext(connection) as q: c.get("/",headers=h)
    for e in q: print(e["sql"][:230])
    s=time.process_time()
    for _ in range(200): c.get("/",headers=h)
    print("ms", (time.process_time()-s)*5)
    p=cProfile.Profile(); p.enable()
    for _ in range(200): c.get("/",headers=h)
    p.disable(); pstats.Stats(p).sort_stats("cumtime").print_stats(60)
