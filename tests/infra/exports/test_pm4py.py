"""Others' tool opens what was exported, and finds the same misfits as our own conformance."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from domain.conformance import Fit, Model, is_whole, model_of, steps_of
from domain.regulations.edition import Edition
from infra.exports import Exporter, Format, conformance_of
from infra.exports.conformance import fits
from infra.exports.stories import PacketStory
from tests.infra.demonstration.simulated import Simulated
from tests.infra.exports.conftest import EVERYTHING, export_of, heading
from tests.stories import REGULATIONS

_WAY = (
    "accept collect carry incoming to-head resolution right draft sign:returned complete"
    " sign:signed complete send-back carry-back result issue"
)
OF_ONE_MOVE = 10_000  # what pm4py counts for a move that does not fit; it counts 1 for a silent one


@pytest.fixture(scope="module")
def pm4py() -> Any:
    """The tool: it takes seconds to load, and greets on the way."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("pm4py")


# --- it opens our files --------------------------------------------------------------------------


def test_it_reads_the_objects_and_events(pm4py: Any, day: Simulated, tmp_path: Path) -> None:
    file = tmp_path / "day.jsonocel"
    file.write_bytes(export_of(day.qolhat, Format.OCEL))
    log = pm4py.read_ocel2_json(str(file))
    counted = log.objects.groupby("ocel:type").size().to_dict()
    packets = day.outcome.registered
    assert counted["packet"] == counted["application"] == packets
    assert set(counted) == {"packet", "application", "bag", "registry", "run"}
    assert set(log.o2o["ocel:qualifier"]) == {
        "papers of",
        "travelled in",
        "listed in",
        "held",
        "carried by",
    }
    registered = log.relations[log.relations["ocel:activity"] == "register packet"]
    assert registered.groupby("ocel:type").size().to_dict() == {
        "application": packets,
        "packet": packets,
    }
    assert len(log.object_changes) > packets
    flat = pm4py.ocel_flattening(log, "packet")
    assert flat["case:concept:name"].nunique() == packets


def test_it_reads_the_traces(pm4py: Any, day: Simulated, tmp_path: Path) -> None:
    file = tmp_path / "day.xes"
    file.write_bytes(export_of(day.qolhat, Format.XES))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        log = pm4py.read_xes(str(file), show_progress_bar=False)
    assert log["case:concept:name"].nunique() == day.outcome.registered
    assert set(log["lifecycle:transition"]) == {"start", "complete"}
    assert {"org:resource", "org:role", "org:group", "time:timestamp"} <= set(log.columns)
    steps = log[log["concept:name"] == "act:registered"]
    assert len(steps) == day.outcome.registered
    starts = pm4py.get_start_activities(log)
    assert starts["accept"] > 0.8 * day.outcome.registered


# --- and agrees with us --------------------------------------------------------------------------


def net_of(model: Model, *, whole: bool) -> tuple[Any, Any, Any]:
    """The same route as a Petri net: a place a state, one token; silently to the end."""
    from pm4py.objects.petri_net.obj import Marking, PetriNet  # noqa: PLC0415
    from pm4py.objects.petri_net.utils.petri_utils import add_arc_from_to  # noqa: PLC0415

    net = PetriNet("route")
    places = {state: PetriNet.Place(str(state)) for state in model.arcs}
    end = PetriNet.Place("end")
    net.places.update({*places.values(), end})

    def add(label: str | None, source: Any, target: Any) -> None:
        transition = PetriNet.Transition(f"t{len(net.transitions)}", label)
        net.transitions.add(transition)
        add_arc_from_to(source, transition, net)
        add_arc_from_to(transition, target, net)

    for state, arcs in model.arcs.items():
        for step, target in arcs:
            add(step, places[state], places[target])
        if not whole or state in model.ends:
            add(None, places[state], end)
    return net, Marking({places[model.start]: 1}), Marking({end: 1})


def diagnosed(pm4py: Any, traces: list[tuple[str, ...]], model: Model, *, whole: bool) -> list[Any]:
    """Let the tool align traces with a route."""
    from pm4py.objects.log.obj import Event, EventLog, Trace  # noqa: PLC0415

    log = EventLog()
    for number, steps in enumerate(traces):
        trace = Trace(attributes={"concept:name": str(number)})
        for step in steps:
            trace.append(Event({"concept:name": step}))
        log.append(trace)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found: list[Any] = pm4py.conformance_diagnostics_alignments(
            log, *net_of(model, whole=whole), multi_processing=False
        )
    return found


Case = tuple[str, bool]


def variants(
    told: Iterable[tuple[PacketStory, Fit | None]],
) -> dict[Case, dict[tuple[str, ...], Fit]]:
    """What our own conformance says of each way that packets went, by edition."""
    found: dict[Case, dict[tuple[str, ...], Fit]] = {}
    for story, fit in told:
        assert fit is not None
        assert story.edition is not None
        assert story.timeline is not None
        steps = steps_of(story.timeline.visits, story.edition)
        case = story.edition.id, is_whole(story.timeline.progress)
        found.setdefault(case, {})[steps] = fit
    return found


def check_agreement(pm4py: Any, edition: Edition, whole: bool, ours: dict[Any, Fit]) -> None:
    """Costs are equal; so is the fitness, where the route itself is not of length nothing."""
    traces = list(ours)
    theirs = diagnosed(pm4py, traces, _model_of(edition.id), whole=whole)
    assert len(theirs) == len(traces)
    for steps, told in zip(traces, theirs, strict=True):
        fit = ours[steps]
        assert told["cost"] // OF_ONE_MOVE == fit.cost, (edition.id, steps)
        if steps:
            assert told["fitness"] == pytest.approx(fit.fitness), (edition.id, steps)


@cache
def _model_of(edition: str) -> Model:
    return model_of(REGULATIONS.edition(edition))


def test_it_finds_the_same_costs_in_the_demonstration(pm4py: Any, day: Simulated) -> None:
    source = Exporter(day.qolhat, EVERYTHING, heading).source
    found = variants(fits(source))
    assert sum(map(len, found.values())) > 20
    assert any(fit.cost for each in found.values() for fit in each.values())
    assert {whole for _, whole in found} == {True, False}
    for (edition, whole), ours in found.items():
        check_agreement(pm4py, REGULATIONS.edition(edition), whole, ours)


def test_it_finds_the_same_costs_in_ways_that_went_wrong(pm4py: Any) -> None:
    """Each step left out, doubled, put at the beginning; and the whole way backwards."""
    from domain.conformance import align  # noqa: PLC0415

    edition = REGULATIONS.edition("s7c-2012")
    model = _model_of(edition.id)
    way = tuple(_WAY.split())
    spoilt = {way, way[::-1], way[8:] + way[:8]}
    for index, step in enumerate(way):
        spoilt |= {
            (*way[:index], *way[index + 1 :]),
            (*way[:index], step, *way[index:]),
            (step, *way[:index], *way[index + 1 :]),
            (*way[:index], f"{step}:broken-off", *way[index + 1 :]),
            (*way[:index], "astray", *way[index + 3 :]),
        }
    for whole in (True, False):
        ours = {steps: align(model, steps, whole=whole) for steps in spoilt}
        assert len({fit.cost for fit in ours.values()}) > 4
        check_agreement(pm4py, edition, whole, ours)


def test_the_figures_add_up_what_was_found(day: Simulated) -> None:
    found = conformance_of(Exporter(day.qolhat, EVERYTHING, heading).source)
    told = [fit for _, fit in fits(Exporter(day.qolhat, EVERYTHING, heading).source) if fit]
    assert (found.whole.packets, found.left_out) == (len(told), 0)
    assert found.whole.cost == sum(fit.cost for fit in told)
    assert found.whole.fitness == pytest.approx(sum(f.fitness for f in told) / len(told))
    assert found.whole.packets == sum(each.packets for each in found.groups.values())
    assert found.misfits
