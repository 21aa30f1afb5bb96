"""Addresses of the exchange."""

from django.urls import path

from commonwatch.desks.exchange import inspecting, listing, releases, tables, views

app_name = "exchange"
urlpatterns = [
    path("", views.watch, name="watch"),
    path("mine/", views.mine, name="mine"),
    path("duties/<str:code>/<str:party>/<str:period>/", views.duty, name="duty"),
    path("reports/", listing.reports, name="reports"),
    path("reports/new/<str:code>/", views.new, name="new"),
    path("reports/new/<str:code>/draft/", views.draft, name="draft"),
    path("reports/new/<str:code>/nil/", views.nil, name="nil"),
    path("reports/new/<str:code>/sheet/", tables.sheet, name="sheet"),
    path("reports/new/<str:code>/sheet/template.<str:form>", tables.template, name="template"),
    path("reports/<path:key>/correct/", views.correct, name="correct"),
    path("reports/<path:key>/withdraw/", views.withdraw, name="withdraw"),
    path("reports/<path:key>/confirm/", views.confirm, name="confirm"),
    path("reports/<path:key>/seen/", views.seen, name="seen"),
    path("reports/<path:key>/label.xml", releases.label, name="label"),
    path("reports/<path:key>/release/", releases.dialogue, name="release-report"),
    path("reports/<path:key>/", views.report, name="report"),
    path("releases/<path:key>/label.xml", releases.release_label, name="release-label"),
    path("releases/<path:key>/withdraw/", releases.withdraw, name="withdraw-release"),
    path("releases/<path:key>/", releases.release, name="release"),
    path("receipts/<str:entry>/", views.receipt, name="receipt"),
    path("types/", views.types, name="types"),
    path("types/<str:code>/", views.type_page, name="type"),
    path("waivers/", views.waivers, name="waivers"),
    path("waivers/<path:key>/end/", views.end_waiver, name="end-waiver"),
    path("active/", views.active, name="active"),
    path("series/", tables.series, name="series"),
    path("compliance/", tables.compliance, name="compliance"),
    path("compliance/table.<str:form>", tables.compliance_sheet, name="compliance-sheet"),
    path("quality/", inspecting.overview, name="quality"),
    path("quality/table.<str:form>", inspecting.sheet, name="quality-sheet"),
    path("quality/<str:code>/<str:party>/", inspecting.one, name="quality-of"),
    path("quarantine/", tables.quarantine, name="quarantine"),
    path("quarantine/<str:name>/", tables.quarantined_file, name="quarantined"),
]
