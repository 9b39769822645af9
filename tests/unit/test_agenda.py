"""What has to be looked at, and when."""

from __future__ import annotations

import random

from sweepjob.controller.agenda import Agenda


def test_what_has_changed_stays_until_there_is_nothing_to_do_about_it() -> None:
    agenda = Agenda()
    agenda.add_all([3, 1])
    assert agenda.due(0.0) == [1, 3]
    agenda.rest([1, 3], busy=[3], wakes={})
    assert agenda.due(0.0) == [3]
    assert agenda.next() is None


def test_a_time_puts_a_trial_on_it() -> None:
    agenda = Agenda()
    agenda.add(1)
    agenda.rest([1], busy=[], wakes={1: 10.0})
    assert (agenda.due(9.9), agenda.next()) == ([], 10.0)
    assert agenda.due(10.0) == [1]


def test_a_new_look_replaces_the_time_of_the_last() -> None:
    agenda = Agenda()
    agenda.rest([1], busy=[], wakes={1: 10.0})
    agenda.rest([1], busy=[], wakes={1: 20.0})
    assert (agenda.due(15.0), agenda.next()) == ([], 20.0)
    agenda.rest([1], busy=[], wakes={})
    assert (agenda.due(99.0), agenda.next()) == ([], None)


def test_the_earlier_of_two_times_counts() -> None:
    agenda = Agenda()
    agenda.by(1, 10.0)
    agenda.by(1, 5.0)
    agenda.by(1, 7.0)
    assert agenda.next() == 5.0


def test_an_ended_trial_is_forgotten() -> None:
    agenda = Agenda()
    agenda.add(1)
    agenda.by(1, 5.0)
    agenda.forget(1)
    assert (agenda.due(9.0), agenda.next()) == ([], None)


def test_nothing_is_missed_whatever_the_order() -> None:
    chance = random.Random(1)
    agenda, times = Agenda(), {}
    for step in range(2000):
        now = step / 10
        expected = sorted(i for i, when in times.items() if when <= now)
        due = agenda.due(now)
        assert [i for i in expected if i not in due] == []
        wakes = {i: now + chance.random() * 5 for i in due if chance.random() < 0.5}
        agenda.rest(due, [], wakes)
        times = {i: w for i, w in times.items() if i not in due} | wakes
        new, when = chance.randrange(50), now + chance.random() * 5
        agenda.by(new, when)
        times[new] = min(when, times.get(new, when))
        assert agenda.next() == min(times.values())
