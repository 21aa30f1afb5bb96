"""All questions of one viewer in one world, in one order: timeline with polls, reading, writing, reading again."""

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import get_resolver
from django.urls.resolvers import URLResolver

from commonwatch.desks.notices import worker
from commonwatch.desks.notices.sending.mail import written
from tests.house.worlds.asking import Question, Record, put
from tests.house.worlds.catalogue import ARGUMENTS, CATALOGUE, CURIOUS, FORGED, HEADERS, METHODS, File
from tests.house.worlds.deeds import DEEDS, Deed
from tests.house.worlds.viewers import VIEWERS
from tests.house.worlds.world import MONTH

SEATED = "12 00:00"
OPENING = "2026-09-14 09:30:00"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
LAST = 5
FOR_NODES = "federation:"
UNSAFE = ("PUT", "PATCH", "DELETE")


class Route(NamedTuple):
    """One pattern of the resolver: its name with its namespaces, its address, its arguments."""

    name: str
    path: str
    arguments: tuple[str, ...]


def routes(patterns=None, *, space="", before=""):
    """Every address, from the resolver itself; one without a name is called by its path."""
    for each in get_resolver().url_patterns if patterns is None else patterns:
        path = before + _plain(each.pattern)
        if isinstance(each, URLResolver):
            yield from routes(
                each.url_patterns, space=f"{space}{each.namespace}:" if each.namespace else space, before=path
            )
        else:
            yield Route(f"{space}{each.name}" if each.name else path, path, tuple(_names(each.pattern)))


def _plain(pattern):
    """Write a pattern with its arguments in angle brackets, whether it is a path or a regular expression."""
    text = str(pattern).removeprefix("^").removesuffix("$").removesuffix("\\Z")
    text = re.sub(r"\(\?P(<\w+>)[^()]*\)", r"\1", text)
    return re.sub(r"<(?:\w+:)?(\w+)>", r"<\1>", text)


def _names(pattern):
    """The arguments of a pattern."""
    return pattern.converters or re.findall(r"<(\w+)>", _plain(pattern))


def uncovered():
    """The names of addresses that the catalogue does not have."""
    return sorted({each.name for each in routes()} - set(CATALOGUE))


class Crawl:
    """One viewer's way through one world. `wanted` names the addresses to ask; all when it is empty."""

    def __init__(self, world, viewer, *, whole, wanted=()):
        self.world, self.viewer, self.whole = world, viewer, whole
        self.routes = [
            each
            for each in routes()
            if each.name in CATALOGUE
            and (not wanted or each.name in wanted)
            and (not viewer.node or each.name.startswith(FOR_NODES))
        ]
        self.records, self.tags, self.ways, self.step = [], [], {}, ""

    def live(self):
        """Let everything happen; after each hidden deed ask every polled page whether it has changed."""
        polled = [each for each in self.routes if CATALOGUE[each.name].polled]
        polled = polled if self.viewer.thorough or self.viewer.node else polled[-1:]
        for deed in sorted(DEEDS, key=Deed.order):
            if deed.at >= SEATED and not self.ways:
                self.world.seat_viewers(MONTH + SEATED)
                self.ways = self.world.entrance(self.viewer)
            act = deed.for_world(self.viewer, whole=self.whole)
            if act:
                self.world.do(deed, act)
            if self.ways and deed.hidden_from(self.viewer):
                self.step = f"the moment a poll changes: after {deed.name}"
                for each in polled:
                    self._poll(each, self.world.moment(f"{MONTH}{deed.at[:5]}:59:30"))
        if self.whole:
            wrong = list(self.world.misjudged(self.viewer, DEEDS))
            assert not wrong, "\n".join(wrong)

    def _poll(self, route, now):
        way = next(iter(self.ways))
        mine = [index for index, (name, _tag) in enumerate(self.tags) if name == route.name]
        headers = (("If-None-Match", f"#{mine[-1]}"),) if mine else ()
        self.ask(Question(route.name, way, "GET", f"/{route.path}", headers), now)

    def run(self):
        """Read, ask again with every mark that was given, write, read again, and at last leave."""
        phases = (
            ("reading", self.reading),
            ("asking again", self.again),
            ("writing", self.writing),
            ("reading after writing", self.rereading),
            ("in the exercise", self.exercise),
            ("leaving", self.leaving),
        )
        for name, phase in phases:
            if name == "reading":
                self.letters("reading", hours=(0,))
            self.step = name
            for question in phase():
                self.ask(question)
            if name == "writing":
                self.letters("writing", hours=(0, 1, 3, 8))

    def letters(self, phase, *, hours):
        """Compare what the worker of reminders sends to the viewer, hour by hour; what all were told is kept."""
        for number, hour in enumerate(hours if self.viewer.office else ()):
            came = []

            def keep(message, begin, came=came):
                begin()
                if message.to.startswith(f"{self.viewer.handle}@"):
                    came.append(written(message))

            at = self.world.moment(OPENING) + timedelta(hours=hour)
            with self.world.during(f"letters {phase} {number}", at):
                worker.climb(f"{phase}-{number}", ways={"mail": keep, "webhook": keep})
            asked = Question("letters", "mail", "TELL", f"{phase}, after {hour} hours")
            self.records.append(Record(asked, "being told", 200, "", (), b"\n".join(came), (), 0, ""))

    def ask(self, question, now=None):
        """Put one question, at its own moment and with its own dice."""
        number = len(self.records)
        at = now or self.world.moment(OPENING)
        with self.world.during(f"question {number}", at):
            record = put(self.ways[question.way], self._sent(question), step=self.step)
        self.records.append(record._replace(asked=question))
        if record.etag() and (question.route, record.etag()) not in self.tags:
            self.tags.append((question.route, record.etag()))

    def _sent(self, question):
        """Put in what a question only names: a mark that was given before, a file, a body of JSON."""
        headers = tuple(
            (name, self.tags[int(value[1:])][1] if value.startswith("#") else value)
            for name, value in question.headers
        )
        data = question.data
        if question.kind == JSON:
            data = json.dumps(data).encode()
        elif isinstance(data, Mapping):
            data = {
                name: SimpleUploadedFile(*value) if isinstance(value, File) else value
                for name, value in data.items()
            }
        return question._replace(headers=headers, data=data)

    # What is asked

    def reading(self):
        """Every address, with every set of arguments; the first set also with all that a curious visitor adds."""
        for route in self._present():
            calls = CATALOGUE[route.name]
            paths = [self._path(route, each) for each in self._sets(route, calls)]
            for way in self._ways(route):
                yield Question(route.name, way, "GET", paths[0])
                if not self._closed():
                    yield from (Question(route.name, way, "GET", each) for each in paths[1:])
                    yield from self._curious(route, way, paths)
            way = self._ways(route)[-1]
            for method in ("HEAD", "OPTIONS") if self._turn(route) else ():
                yield Question(route.name, way, method, paths[0])

    def _turn(self, route):
        """Whether this viewer asks an address by odd methods: the thorough and the public always, others in turn."""
        if self.viewer.thorough or not self.viewer.office:
            return True
        others = [name for name, each in VIEWERS.items() if each.office and not each.thorough]
        return self.routes.index(route) % len(others) == others.index(self.viewer.name)

    def _curious(self, route, way, paths):
        """What a visitor adds to an address: queries of its own and foreign ones, another language, script."""
        if way != self._ways(route)[-1]:
            return
        thorough, calls = self.viewer.thorough, CATALOGUE[route.name]
        for each in (*calls.queries, *(CURIOUS if thorough else CURIOUS[:1])):
            yield Question(route.name, way, "GET", f"{paths[0]}?{self._fill(each)}")
        for headers in HEADERS if thorough else HEADERS[:1]:
            yield Question(route.name, way, "GET", paths[0], headers)
        if thorough and len(paths) > 2:
            yield Question(route.name, way, "HEAD", paths[2])
            yield from (Question(route.name, way, "GET", paths[2], each) for each in HEADERS[:2])

    def _closed(self):
        """Whether the last answer was that this address does not know the method: other arguments change nothing."""
        return self.records[-1].status == 405

    def again(self):
        """Every page that gave a mark, asked again with every mark that any page gave."""
        for name in dict.fromkeys(name for name, _tag in self.tags):
            route = next(each for each in self.routes if each.name == name)
            path = self._path(route, self._sets(route, CATALOGUE[name])[0])
            for index in sorted({0, *range(len(self.tags))[-LAST:]}):
                yield Question(name, self._ways(route)[0], "GET", path, (("If-None-Match", f"#{index}"),))

    def writing(self):
        """Every body to the first set of arguments, the first body to every set; and methods that should be refused."""
        for route in self._present():
            calls = CATALOGUE[route.name]
            paths = [self._path(route, each) for each in self._sets(route, calls)]
            for way in self._ways(route):
                if way == "session" or calls.json or len(self.ways) == 1:
                    yield from self._posted(route, way, paths)
            way = self._ways(route)[-1]
            for method in UNSAFE if self._turn(route) else ():
                yield Question(route.name, way, method, paths[0], data={"id": "1"}, kind=JSON)
                if not self._closed():
                    yield from (
                        Question(route.name, way, method, each, data={}, kind=JSON) for each in paths[1:3]
                    )

    def _posted(self, route, way, paths):
        """The bodies of an address, and each once more by script and in another language."""
        calls = CATALOGUE[route.name]
        bodies = self._bodies(calls)
        first, kind = bodies[0]
        yield Question(route.name, way, "POST", paths[0], data=first, kind=kind)
        if self._closed():
            return
        for body, its_kind in bodies[1:] if self.viewer.thorough else bodies[1:4]:
            yield Question(route.name, way, "POST", paths[0], data=body, kind=its_kind)
        for each in paths[1:] if self.viewer.thorough else paths[2:4]:
            yield Question(route.name, way, "POST", each, data=first, kind=kind)
        if calls.bodies and self.viewer.thorough:
            script = (("HX-Request", "true"), ("Accept-Language", "ru"))
            yield Question(route.name, way, "POST", paths[0], script, data=first)

    def rereading(self):
        """What was read at first, once more."""
        for route in self._present():
            paths = [self._path(route, each) for each in self._sets(route, CATALOGUE[route.name])]
            yield Question(route.name, self._ways(route)[0], "GET", paths[0])
            if not self._closed():
                for each in paths[1:4] if self.viewer.thorough else ():
                    yield Question(route.name, self._ways(route)[0], "GET", each)

    def exercise(self):
        """The same house in an exercise, for who takes part in it."""
        if not self.viewer.exercises or self.viewer.node:
            return
        yield Question("ui:mode", "session", "POST", "/mode/", data={"mode": "exercise"})
        for route in self._present():
            sets = self._sets(route, CATALOGUE[route.name])
            for each in (sets[0], *sets[-2:]):
                yield Question(route.name, "session", "GET", self._path(route, each))
            if CATALOGUE[route.name].played:
                data, kind = self._bodies(CATALOGUE[route.name])[0]
                for each in sets:
                    yield Question(
                        route.name, "session", "POST", self._path(route, each), data=data, kind=kind
                    )

    def leaving(self):
        """What ends the session."""
        way = next(iter(self.ways))
        ending = [each for each in self.routes if CATALOGUE[each.name].last]
        for route in sorted(ending, key=lambda each: CATALOGUE[each.name].last):
            for each in self._sets(route, CATALOGUE[route.name]):
                path = self._path(route, each)
                yield from (Question(route.name, way, method, path) for method in METHODS)

    # How it is put

    def _present(self):
        return [each for each in self.routes if not CATALOGUE[each.name].last]

    def _ways(self, route):
        """By session for pages, by session and key for programs; the public has but one way."""
        ways = tuple(self.ways)
        return ways if len(ways) == 1 or route.name.startswith("api:") else ways[:1]

    def _sets(self, route, calls):
        """Sets of arguments: those of the catalogue, or the first of each and every other in turn."""
        if calls.arguments:
            return calls.arguments
        first = {name: ARGUMENTS[name][0] for name in route.arguments}
        turns = [first | {name: value} for name in route.arguments for value in ARGUMENTS[name][1:]]
        return (first, *turns)

    def _path(self, route, arguments):
        return "/" + re.sub(r"<(\w+)>", lambda found: self._fill(arguments[found[1]]), route.path)

    def _bodies(self, calls):
        """What is sent by POST: the bodies of the catalogue, and each once more with every forged field."""
        forms = [({}, "")] if not (calls.bodies or calls.json) else [(each, "") for each in calls.bodies]
        forms += [(each, JSON) for each in calls.json]
        first, kind = forms[0]
        if kind == JSON and isinstance(first, dict):
            forms += [(first | {name: value}, JSON) for name, value in FORGED.items()]
        forms.insert(1, (first | FORGED, kind))
        return [(self._fill(body), kind) for body, kind in forms]

    def _fill(self, given):
        """Put the names of things into whatever is sent."""
        if isinstance(given, str):
            return self.world.filled(given)
        if isinstance(given, File) or not isinstance(given, Mapping | list | tuple):
            return given
        if isinstance(given, Mapping):
            return {name: self._fill(value) for name, value in given.items()}
        return [self._fill(each) for each in given]
