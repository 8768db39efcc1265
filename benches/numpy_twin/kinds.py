"""The twelve attacks, each for all its accounts at once: functions by the name of the attack."""

from __future__ import annotations

import numpy as np

from .laws import HOURS_PER_DAY, between
from .orders import COMMENTS, LIKES, Scene, whole
from .pulses import unroll

WEAKEST_BURST, HUMAN_GAP_SD, LONGEST_WAVE, NIGHT_TAKE_UP = 0.6, 0.8, 0.6, 0.85
MENU_HOURS, INTERVAL_HOURS = (24.0, 72.0, 168.0, 240.0, 336.0), np.array([2, 6, 8, 24])


def boost_progressive(scene: Scene) -> None:
    """Orders that grow by the same factor up to their top, then stop."""
    start, end = scene.place()
    span = end - start
    days = np.ceil(span / HOURS_PER_DAY)
    daily = (scene.habit() < 0.3) & (days > 1)
    row, hour, age = scene.age(start, end)
    share = np.where(daily[row], (age // HOURS_PER_DAY + 1) / days[row], (age + 1) / span[row])
    gain = scene.gain
    scene.orders.excess[row, hour] = (1 + gain[row]) ** share - 1
    _, fall = scene.edges()
    scene.raise_to(np.arange(scene.n), end, end, gain, 0, fall)
    scene.orders.core[:] = end - 1
    scene.delay(12)


def bursts_small(scene: Scene) -> None:
    """Many short bursts of unequal height at log-normal gaps."""
    start, end = scene.place()
    span = end - start
    count = np.round(scene.drawn("bursts", scene.timing())).clip(1, (span // 2).clip(1)).astype(np.int64)
    most = int(count.max())
    gaps = np.exp(HUMAN_GAP_SD * scene.rng.standard_normal((scene.n, most)))
    gaps[np.arange(most) >= count[:, None]] = 0
    behind = (gaps.cumsum(axis=1) - gaps) / gaps.sum(axis=1, keepdims=True)
    row, nth = unroll(np.zeros_like(count), count)
    first = start[row] + (behind[row, nth] * span[row]).astype(np.int64)
    share = between(scene.rng, WEAKEST_BURST, 1, len(row))
    share[nth == (scene.habit() * count).astype(np.int64)[row]] = 1
    hours = whole(scene.drawn("burst_hours", scene.rng.random(len(row))))
    scene.raise_to(row, first, np.minimum(first + hours, end[row]), scene.gain[row] * share)
    scene.orders.core[:] = start
    scene.delay(2)


def wave_spam(scene: Scene) -> None:
    """On and off at a fixed period that the members of a network share."""
    start, end = scene.place()
    period = scene.drawn("period_hours", scene.timing()).clip(2)
    wave = whole(scene.drawn("burst_hours", scene.timing()))
    wave = np.minimum(wave, (period * LONGEST_WAVE).astype(np.int64).clip(1))
    # A ramp longer than half the pause would close it.
    ramp = ((period.astype(np.int64) - wave).clip(0) // 2).clip(None, 1)
    rise, fall = (np.minimum(edge, ramp) for edge in scene.edges())
    row, nth = unroll(np.zeros_like(start), np.ceil((end - start) / period).astype(np.int64) + 1)
    first = start[row] + np.round(nth * period[row]).astype(np.int64)
    inside = first < end[row]
    row, first = row[inside], first[inside]
    stop = np.minimum(first + wave[row], end[row])
    scene.raise_to(row, first, stop, scene.gain[row], rise[row], fall[row])
    scene.orders.core[:] = start


def single_spike(scene: Scene) -> None:
    """One order at full speed, cut off at its end."""
    start, end = scene.place(spans_days=False)
    rise, fall = scene.edges()
    scene.raise_to(np.arange(scene.n), start, end, scene.gain, rise.clip(None, 1), fall.clip(None, 2))
    scene.orders.core[:] = start
    scene.delay(6)


def off_peak_bursts(scene: Scene) -> None:
    """Bursts in the account's own trough, night after night."""
    start, end = scene.place()
    curve = scene.day_curve
    trough = (curve + np.roll(curve, -1, axis=1) + np.roll(curve, -2, axis=1)).argmin(axis=1)
    dusk = start + (trough - scene.hour_of_day(start)) % HOURS_PER_DAY
    nights = -(-(end - dusk).clip(0) // HOURS_PER_DAY)
    row, nth = unroll(np.zeros_like(nights), nights)
    at_work = (scene.rng.random(len(row)) < NIGHT_TAKE_UP) | (nth == 0)
    row, nth = row[at_work], nth[at_work]
    late = np.round(between(scene.rng, -1, 2, len(row))).astype(np.int64)
    first = np.clip(dusk[row] + nth * HOURS_PER_DAY + late, start[row], end[row] - 1)
    hours = whole(scene.drawn("burst_hours", scene.rng.random(len(row))))
    gain = scene.gain
    scene.raise_to(row, first, np.minimum(first + hours, end[row]), gain[row])
    scene.orders.core[row[nth == 0]] = first[nth == 0]
    # No night inside the attack: its quietest hour serves.
    for sleepless in np.flatnonzero(nights == 0):
        inside = np.arange(start[sleepless], end[sleepless])
        quietest = inside[curve[sleepless, scene.hour_of_day(inside)].argmin()]
        scene.orders.excess[sleepless, quietest] = gain[sleepless]
        scene.orders.core[sleepless] = quietest


def lockstep_cohort(scene: Scene) -> None:
    """A few shared windows at gaps without a period; members join most of them, up to an hour late."""
    start, end = scene.place()
    span = end - start
    count = np.round(scene.drawn("bursts", scene.timing())).clip(1, (span // 2).clip(1)).astype(np.int64)
    most = int(count.max())
    nth = np.arange(most)
    part = (span / count)[:, None]
    hours = np.minimum(whole(scene.drawn("burst_hours", scene.timing(most))), part.astype(np.int64).clip(1))
    shift = scene.timing(most) * (part - hours).clip(0)
    lag = np.round(scene.habit()).astype(np.int64)
    first = start[:, None] + (nth * part + shift).astype(np.int64) + lag[:, None]
    first = np.minimum(first, end[:, None] - 1)
    exists = nth < count[:, None]
    joins = (scene.habit(most) < between(scene.rng, 0.8, 1, (scene.n, 1))) & exists
    joins[np.arange(scene.n), count - 1] |= ~joins.any(axis=1)
    scene.orders.core[:] = first[np.arange(scene.n), joins.argmax(axis=1)]
    rise, fall = scene.edges(most)
    row, nth = np.nonzero(joins)
    cells = row, nth
    stop = np.minimum(first[cells] + hours[cells], end[row])
    edges = rise[cells].clip(None, 1), fall[cells].clip(None, 1)
    scene.raise_to(row, first[cells], stop, scene.gain[row], *edges)


def like_only_inflation(scene: Scene) -> None:
    """A plateau of likes (or comments) with an exponential tail while views stay what they are."""
    start, end = scene.place()
    orders, law = scene.orders, scene.law
    comments = scene.habit() < law["variant_share"] * 0.67
    swapped = np.ix_(np.flatnonzero(comments), np.array([LIKES, COMMENTS]))
    orders.weights[swapped] = orders.weights[swapped][:, ::-1]
    orders.weights[:, 0] *= scene.habit() ** 3
    orders.weights[np.arange(scene.n), np.where(comments, LIKES, COMMENTS)] *= scene.habit()
    gain = scene.gain * np.where(comments, 1.75, 1.0)
    orders.intensity[comments] = 1 + gain[comments]
    rise = np.round(1 + scene.habit()).astype(np.int64)
    scene.raise_to(np.arange(scene.n), start, end, gain, rise, 0)
    fade = 2 + 4 * scene.habit()
    # A tail ends where it falls below three hundredths of its peak.
    tail = np.floor(-fade * np.log(0.03)).astype(np.int64)
    row, hour, age = scene.age(end, (end + tail).clip(None, scene.length))
    fading = gain[row] * np.exp(-(age + 1) / fade[row])
    orders.excess[row, hour] = np.maximum(orders.excess[row, hour], fading)
    orders.core[:] = start + (end - start) // 2


def drip_feed(scene: Scene) -> None:
    """Equal runs at a fixed interval, or the same smeared flat."""
    low, high = scene.strength["hours"]
    menu = np.array([hours for hours in MENU_HOURS if low <= hours <= high])
    hours = scene.drawn("hours", scene.timing())
    if len(menu):
        hours = menu[(scene.timing() * len(menu)).astype(np.int64)]
    start, end = scene.place(hours)
    orders = scene.orders
    smeared, metronome = scene.timing() < scene.law["smeared_share"], scene.timing() < 0.5
    interval = INTERVAL_HOURS[(scene.timing() * len(INTERVAL_HOURS)).astype(np.int64)]
    orders.steady[:] = smeared | metronome
    row, hour = unroll(start, np.where(smeared, end, start))
    orders.level[row, hour] = orders.intensity[row]
    row, nth = unroll(np.zeros_like(start), np.where(smeared, 0, -(-(end - start) // interval)))
    on_time = start[row] + nth * interval[row]
    jitter = np.round(between(scene.rng, -0.3, 0.3, len(row)) * interval[row]).astype(np.int64)
    at = np.clip(on_time + np.where(metronome[row], 0, jitter), start[row], end[row] - 1)
    carried = orders.intensity[row] * np.minimum(interval[row], end[row] - on_time)
    spills = (scene.rng.random(len(row)) < 0.4) & ~metronome[row] & (at + 1 < end[row])
    now = np.where(spills, between(scene.rng, 0.2, 0.8, len(row)), 1.0)
    np.add.at(orders.level, (row, at), carried * now)
    np.add.at(orders.level, (row[spills], at[spills] + 1), (carried * (1 - now))[spills])
    orders.core[:] = start


def delivery_purge(scene: Scene) -> None:
    """A fast delivery, shaped as x exp(-x); what is taken back comes later."""
    start, end = scene.place()
    hours = np.minimum(whole(scene.drawn("burst_hours", scene.timing())), (end - start - 1).clip(1))
    row, hour, age = scene.age(start, np.minimum(start + hours, end))
    x = (age + 0.5) * (3 / hours)[row]
    hill = x * np.exp(1 - x)
    highest = np.zeros(scene.n)
    np.maximum.at(highest, row, hill)
    scene.orders.excess[row, hour] = (scene.gain / highest)[row] * hill
    scene.orders.core[:] = start


def sleeper_reactivation(scene: Scene) -> None:
    """Nothing for days, then a logistic rise, held with a weak daily cycle."""
    n_hours = float(scene.length)
    high = min(240.0, max(n_hours - 48, 0.5 * n_hours))
    wakes = between(scene.rng, min(120.0, 0.5 * n_hours, high), high, scene.n_clocks)[scene.member_of]
    hold = scene.drawn("hours", scene.timing()) * scene.law["duration_scale"]
    rise_hours = scene.drawn("burst_hours", scene.timing())
    lag = scene.habit() * np.minimum(24.0, 0.5 * hold)
    start = np.round(wakes + lag).clip(None, scene.length - 1).astype(np.int64)
    start, end = scene.close(start, whole(hold), 0)
    rise = np.minimum(whole(rise_hours), -(-(end - start) // 2))
    amplitude = between(scene.rng, 0.3, 0.6, scene.n)
    orders = scene.orders
    orders.weights[:, COMMENTS] *= between(scene.rng, 1.0, 3.0, scene.n)
    row, hour, age = scene.age(start, end)
    on = 1 / (1 + np.exp(4 - 8 * (age + 0.5) / rise[row]))
    on[(rise <= 1)[row]] = 1
    cycle = 1 + amplitude[row] * (scene.day_curve[row, scene.hour_of_day(hour)] - 1)
    orders.level[row, hour] = orders.intensity[row] * on * cycle.clip(0)
    orders.core[:] = end - 1


def timezone_shifted_farm(scene: Scene) -> None:
    """The account's own daily curve, hours away; in variants one shift on weekdays, or three shifts."""
    start, end = scene.place()
    zone = between(scene.rng, 5, 12, scene.n_clocks)[scene.member_of]
    zone = np.where(scene.timing() < 0.5, zone, -zone)
    variant, one_shift = scene.timing() < scene.law["variant_share"], scene.timing() < 0.5
    morning = 7 + 3 * scene.timing()
    row, hour, _ = scene.age(start, end)
    local = (scene.hour_of_day(hour) - zone[row]) % HOURS_PER_DAY
    into_shift = (local - morning[row]) % HOURS_PER_DAY
    weekday = (scene.clock.start_weekday + (scene.clock.start_hour + hour) // HOURS_PER_DAY) % 7
    working_day = np.where((into_shift < 8) & (weekday < 5), 3.0, 0.0)
    three_shifts = np.where(into_shift % 8 < 1, 0.8, 1.0)
    own = scene.day_curve[row, local.astype(np.int64).clip(None, HOURS_PER_DAY - 1)]
    share = np.where(variant[row], np.where(one_shift[row], working_day, three_shifts), own)
    orders = scene.orders
    orders.level[row, hour] = orders.intensity[row] * share
    orders.core[:] = orders.level.argmax(axis=1)
    # A weekend alone, or the farm's night: overtime.
    off = np.flatnonzero(orders.level.max(axis=1) == 0)
    orders.core[off] = end[off] - 1
    orders.level[off, orders.core[off]] = orders.intensity[off]


def organic_mimicry(scene: Scene) -> None:
    """More of the account's own curve in its own ratios: a slow hill, or a burst that relaxes."""
    start, end = scene.place()
    burst = scene.habit() < scene.law["variant_share"]
    ramp = between(scene.rng, 0.2, 0.45, scene.n)
    row, hour, age = scene.age(start, end)
    x = (age + 0.5) / (end - start)[row]
    along = (np.minimum(x, 1 - x) / ramp[row]).clip(None, 1)
    share = np.where(burst[row], (age / 2 + 1) ** -1.3, 0.5 - 0.5 * np.cos(np.pi * along))
    orders = scene.orders
    orders.excess[row, hour] = scene.gain[row] * share
    orders.weights[:, 1:] *= between(scene.rng, 0.95, 1.05, (scene.n, 3))
    orders.coupled[:] = True
    orders.core[:] = np.where(burst, start, start + (end - start) // 2)
