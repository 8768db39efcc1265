"""Every knob of a preset: two settings, and the figure that its documentation says it moves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import attack_measures as a
import fakeengage as fe
import series_measures as s
from calm_worlds import LARGE, PROFILES, calm, only_scenario
from fakeengage import _native
from series_measures import Measure

SCENARIOS = list(_native.simulation_names()[1])


@dataclass(frozen=True)
class Knob:
    """From `low` to `high` the figure rises, or falls where `sign` is -1.

    `world` is laid over a calm world, `profile` over its one profile; `options` go to the simulation.
    """

    low: Any
    high: Any
    measure: Measure
    sign: int = 1
    profile: dict[str, Any] = field(default_factory=dict)
    world: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    by_world: bool = False
    """One account of each of many worlds is looked at, not many of one."""


def per_burst(**more: Any) -> dict[str, Any]:
    return {"bursts_per_week": 3, "burst_size": 3, **more}


MANY_LONG = {"n_users": 300}
ONE_SHAPE = {"organic.shape": 1}
POSTS = {"posts_per_day": 2, "post_size": 4}

PROFILE: dict[str, Knob] = {
    # `share` stands with the shares, below.
    "views_median": Knob(LARGE / 100, LARGE, s.level),
    "views_log_sd": Knob(0.1, 1.0, s.spread(s.level)),
    "idle_share_low": Knob(0.0, 0.6, s.silent_share, profile={"idle_share_high": 0.6}),
    "idle_share_high": Knob(0.0, 0.6, s.silent_share),
    "idle_run_hours": Knob(2, 20, s.silent_run, profile={"idle_share_low": 0.5, "idle_share_high": 0.5}),
    "shape_low": Knob(2, 50, s.dispersion, -1, profile={"shape_high": 50}, world=ONE_SHAPE),
    "shape_high": Knob(2, 50, s.dispersion, -1, profile={"shape_low": 2}, world=ONE_SHAPE),
    "day_depth": Knob(0.3, 1.5, s.log_sd),
    "phase_jitter_hours": Knob(0, 3, s.off_the_usual_day, profile={"day_depth": 1}),
    "bursts_per_week": Knob(0.5, 8, s.excess, profile={"burst_size": 3}),
    "burst_size": Knob(0.5, 8, s.excess, profile={"bursts_per_week": 3}),
    "burst_log_sd": Knob(
        0, 1.5, s.spread(s.peak), profile=per_burst(burst_size=10, burst_shift_hours=30), options=MANY_LONG
    ),
    "burst_shift_hours": Knob(1, 20, s.excess, profile=per_burst()),
    "burst_exponent_low": Knob(0.8, 4, s.excess, -1, profile=per_burst(burst_exponent_high=4)),
    "burst_exponent_high": Knob(0.8, 4, s.excess, -1, profile=per_burst(burst_exponent_low=0.8)),
    "live_per_week": Knob(0.5, 6, s.excess),
    "memory_sd": Knob(0.05, 0.5, s.log_sd),
    "memory_rho": Knob(0.1, 0.9, s.memory, profile={"memory_sd": 0.3}),
    "weekend_lift": Knob(-0.3, 0.3, s.weekend),
    "weekend_sd": Knob(0.05, 0.6, s.spread(s.weekend)),
    "growth_low": Knob(-0.2, 0, s.growth),
    "growth_high": Knob(0, 0.2, s.growth),
    "posts_per_day": Knob(0.5, 4, s.excess, profile={"post_size": 2}),
    "post_size": Knob(0.5, 5, s.excess, profile={"posts_per_day": 1}),
    "scheduled_share": Knob(0, 1, s.daily_repeat, profile=POSTS),
}
"""Knobs of any profile, which is the only one in its world."""

BURSTS = per_burst(bursts_per_week=2)

ORGANIC: dict[str, Knob] = {
    "size": Knob(0.1, 1, s.level),
    "shape": Knob(0.02, 0.5, s.dispersion, -1, profile={"shape_low": 100, "shape_high": 100}),
    "day_depth": Knob(0.3, 1.5, s.log_sd, profile={"day_depth": 1}),
    "burst_rate": Knob(0.3, 4, s.excess, profile=BURSTS),
    "burst_size": Knob(0.3, 4, s.excess, profile=BURSTS),
    "live_rate": Knob(0.3, 4, s.excess, profile={"live_per_week": 2}),
    "memory": Knob(0.3, 3, s.log_sd, profile={"memory_sd": 0.2}),
    "growth": Knob(0.3, 3, s.growth, profile={"growth_low": 0.03, "growth_high": 0.07}),
    "peak_hour": Knob(8, 14, s.peak_hour, profile={"day_depth": 1}),
    "phase_sd_hours": Knob(0.2, 2.5, s.spread(s.peak_hour), profile={"day_depth": 1}),
    "second_harmonic": Knob(0.2, 1.5, s.second_harmonic, profile={"day_depth": 1}),
    "weekend_shift_hours": Knob(-2, 4, s.weekend_delay, profile={"day_depth": 1}),
    "sharp_share": Knob(0, 1, s.excess, -1, profile=BURSTS, world={"organic.sharp_hours": 0.5}),
    "sharp_hours": Knob(0.5, 12, s.excess, profile=BURSTS, world={"organic.sharp_share": 1}),
    "viral_share": Knob(0, 0.9, s.excess, profile=BURSTS, world={"organic.viral_gain": 8}),
    "viral_gain": Knob(1, 15, s.excess, profile=BURSTS, world={"organic.viral_share": 0.9}),
    "live_gain": Knob(1, 10, s.excess, profile={"live_per_week": 3}),
    "day_level_sd": Knob(0.02, 0.4, s.from_day_to_day),
    "season_sd": Knob(0.02, 0.4, s.log_sd, options={"length": 960}),
    "idle_level": Knob(0.001, 0.05, s.idle_rate, options={"fake_ratio": 1, "n_users": 480}),
}

BURSTY = {"bursts_per_week": 4, "burst_size": 8}

RATIOS: dict[str, Knob] = {
    **{f"{m}_median": Knob(0.02, 0.2, s.ratio(i)) for i, m in enumerate(("likes", "comments", "shares"), 1)},
    **{
        f"{m}_log_sd": Knob(0.05, 0.6, s.spread(s.ratio(i)), world={f"ratios.{m}_median": 0.02})
        for i, m in enumerate(("likes", "comments", "shares"), 1)
    },
    "correlation": Knob(
        0,
        0.9,
        s.ratio_product,
        world={"ratios.likes_log_sd": 0.2, "ratios.comments_log_sd": 0.2},
        options={"n_users": 400, "length": 24},
    ),
    "day_sd": Knob(0.02, 0.4, s.ratio_days),
    "noise_sd": Knob(0.02, 0.4, s.ratio_hours, world={"ratios.noise_rho": 0.5}),
    "noise_rho": Knob(0.1, 0.9, s.ratio_memory, world={"ratios.noise_sd": 0.3}),
    "drag": Knob(0, 0.6, s.ratio_in_bursts, -1, profile=BURSTY),
}

EVENTS = {"platform.events_per_week": 3, "platform.event_gain": 0.6, "platform.event_hours": 8}
OUTAGES = {
    "platform.outages_per_week": 3,
    "platform.outage_hours": 4,
    "platform.outage_level": 0,
    "platform.catch_up": 1,
}

PLATFORM: dict[str, Knob] = {
    "hour_sd": Knob(0.03, 0.3, s.log_sd, world={"platform.hour_rho": 0.5}),
    "hour_rho": Knob(0.1, 0.95, s.memory, world={"platform.hour_sd": 0.2}),
    "events_per_week": Knob(0.3, 6, s.excess, world=EVENTS),
    "event_gain": Knob(0.1, 5, s.excess, world=EVENTS),
    "event_hours": Knob(1, 100, s.excess, world=EVENTS),
    "outages_per_week": Knob(0.3, 5, s.quiet_share, world=OUTAGES),
    "outage_hours": Knob(1, 24, s.quiet_share, world=OUTAGES),
    "outage_level": Knob(0, 0.9, s.lowest, world=OUTAGES),
    "catch_up": Knob(1, 4, s.peak, world=OUTAGES),
}

MANY = {"n_users": 1000, "length": 24}

SCENARIO: dict[str, Knob] = {
    "share": Knob(0.1, 0.9, s.has_scenario, options=MANY),
    "gain": Knob(0.3, 4, s.peak, world=only_scenario("viral_hit")),
    **{
        f"weights.{name}": Knob(
            0.2,
            5,
            s.named("scenario", name),
            world={**{f"scenarios.weights.{other}": 1 for other in SCENARIOS}, "scenarios.share": 1},
            options=MANY,
        )
        for name in SCENARIOS
    },
}

ONE_POST = {
    "single_posts.share": 1,
    "single_posts.release": 0.2,
    "single_posts.rise_hours": 1,
    "single_posts.decay_hours": 8,
    "single_posts.exponent_low": 0.5,
    "single_posts.exponent_high": 3,
    "single_posts.height": 1,
}

POST: dict[str, Knob] = {
    "share": Knob(0.1, 0.9, s.silent_share, world=ONE_POST | {"single_posts.release": 0.9}),
    "release": Knob(0.1, 0.9, s.release, world=ONE_POST),
    "rise_hours": Knob(1, 40, s.rise, world=ONE_POST),
    "decay_hours": Knob(2, 150, s.hours_above_half, world=ONE_POST),
    "exponent_low": Knob(0.5, 3, s.late_views, -1, world=ONE_POST, options=MANY_LONG),
    "exponent_high": Knob(0.5, 3, s.late_views, -1, world=ONE_POST, options=MANY_LONG),
    "height": Knob(0.2, 10, s.peak, world=ONE_POST),
}

OTHER_COHORTS = ("drip_feed", "delivery_purge", "timezone_shifted_farm")


def cohort_ends(group: str, *attacks: str) -> dict[str, Knob]:
    """The knobs for the smallest and the largest cohort of a group of attacks."""
    options = {"n_users": 6000, "length": 2, "fake_ratio": 1}
    sizes = s.cohort_sizes(*attacks)
    world = {"cohorts.other_share": 1}
    return {
        f"{group}_low": Knob(2, 20, sizes, world=world | {f"cohorts.{group}_high": 25}, options=options),
        f"{group}_high": Knob(2, 30, sizes, world=world | {f"cohorts.{group}_low": 2}, options=options),
    }


COHORTS: dict[str, Knob] = {
    **cohort_ends("lockstep", "lockstep_cohort"),
    **cohort_ends("wave", "wave_spam"),
    **cohort_ends("sleeper", "sleeper_reactivation"),
    **cohort_ends("other", *OTHER_COHORTS),
    "other_share": Knob(
        0.1,
        0.9,
        s.has_cohort(*OTHER_COHORTS),
        world={"cohorts.other_low": 1, "cohorts.other_high": 1},
        options={"n_users": 1200, "length": 2, "fake_ratio": 1},
    ),
}

FAKES = {"n_users": 1200, "fake_ratio": 1, "length": 336}
SOFT = {"attacks.hard_edge_share": 0, "attacks.edge_hours": 24}
SPANNING = tuple(set(fe.ATTACKS) - {"single_spike", "sleeper_reactivation"})
ENDLESS = {f"attacks.{attack}.hours": [5000, 5000] for attack in fe.ATTACKS}
EVENLY = {f"attacks.{attack}.weights": [1, 0.1, 0.1, 0.1] for attack in fe.ATTACKS}

ATTACKS: dict[str, Knob] = {
    "gain": Knob(0.3, 3, a.volume()),
    "duration_scale": Knob(0.3, 2, a.extent),
    "size_exponent": Knob(0, 1, a.volume(0), profile={"views_median": 10}),
    "coupling_sd": Knob(0, 0.8, a.among(a.metric_spread, "wave_spam")),
    "extra_noise": Knob(0, 0.8, a.among(a.metric_noise, "wave_spam")),
    "edge_jitter": Knob(0, 0.8, a.among(a.hourly_noise, "wave_spam")),
    "edge_hours": Knob(0, 24, a.among(a.hours_after_top, "boost_progressive"), world=SOFT),
    "hard_edge_share": Knob(0, 1, a.among(a.hours_after_top, "boost_progressive"), -1, world=SOFT),
    "round_orders": Knob(0, 1, a.among(a.is_round, *(set(fe.ATTACKS) - {"delivery_purge"}))),
    "dispersion": Knob(0, 3, a.among(a.hourly_noise, "drip_feed")),
    "metric_delay_hours": Knob(0, 24, a.among(a.metric_delay, "single_spike", "bursts_small")),
    "variant_share": Knob(0, 1, a.among(a.comments_over_likes, "like_only_inflation")),
    "smeared_share": Knob(0, 1, a.among(a.filled_share, "drip_feed")),
    "floor_share": Knob(0, 1, a.among(a.top, "off_peak_bursts"), profile={"day_depth": 2.5}),
    "purged_share": Knob([0.1, 0.3], [0.6, 0.9], a.among(a.purged_share, "delivery_purge")),
    "refill_share": Knob(0, 1, a.among(a.refilled, "delivery_purge")),
    "clean_hours": Knob(24, 140, a.among(a.unchanged_hours, *SPANNING), world=ENDLESS),
    "full_length_share": Knob(0, 1, a.among(a.extent, *SPANNING)),
    "corrections": Knob(
        "clipped",
        "negative",
        a.among(a.below_zero, "delivery_purge"),
        world={"attacks.delivery_purge.intensity": [50, 50], "attacks.purged_share": [0.9, 0.9]},
    ),
}

# The fields of the single attacks are turned for all twelve at once and measured for each apart.

STRENGTH_WORLD = {**EVENLY, "attacks.clean_hours": 72, "attacks.delivery_purge.burst_hours": [24, 24]}


def of_each(measure: Measure, *attacks: str) -> dict[str, Measure]:
    return {attack: a.among(measure, attack) for attack in attacks}


LONG = {
    "single_spike": ([1, 1], [12, 12]),
    "delivery_purge": ([5, 5], [100, 100]),
    "drip_feed": ([24, 24], [168, 168]),
}
LEVELS = ("drip_feed", "sleeper_reactivation", "timezone_shifted_farm")
PERIODIC = ("bursts_small", "wave_spam", "off_peak_bursts", "lockstep_cohort")


@dataclass(frozen=True)
class Strength:
    """One field of every attack, and what it moves in each.

    In attacks that are not named it moves nothing; in those named by `falls` it lowers the figure.
    """

    low: dict[str, Any]
    high: dict[str, Any]
    measures: dict[str, Measure]
    falls: frozenset[str] = frozenset()
    world: dict[str, Any] = field(default_factory=dict)


def everywhere(value: Any, **other: Any) -> dict[str, Any]:
    return {**dict.fromkeys(fe.ATTACKS, value), **other}


STRENGTHS: dict[str, Strength] = {
    "intensity": Strength(
        everywhere([2, 2], **{attack: [0.2, 0.2] for attack in LEVELS}),
        everywhere([7, 7], **{attack: [1.2, 1.2] for attack in LEVELS}),
        of_each(a.volume(), *fe.ATTACKS),
    ),
    "hours": Strength(
        everywhere([60, 60], **{name: low for name, (low, _) in LONG.items()}),
        everywhere([180, 180], **{name: high for name, (_, high) in LONG.items()}),
        of_each(a.extent, *(set(fe.ATTACKS) - {"delivery_purge"}))
        | of_each(a.raised_hours, "delivery_purge"),
    ),
    "burst_hours": Strength(
        everywhere([1, 1]),
        everywhere([6, 6]),
        of_each(a.raised_hours, *PERIODIC, "delivery_purge") | of_each(a.rise_hours, "sleeper_reactivation"),
        world={"attacks.wave_spam.period_hours": [14, 14]},
    ),
    "bursts": Strength(
        everywhere([2, 2], delivery_purge=[1, 1]),
        everywhere([10, 10], delivery_purge=[4, 4]),
        of_each(a.runs, "bursts_small", "lockstep_cohort") | of_each(a.purge_steps, "delivery_purge"),
    ),
    "period_hours": Strength(
        everywhere([8, 8], delivery_purge=[12, 12]),
        everywhere([24, 24], delivery_purge=[120, 120]),
        of_each(a.runs, "wave_spam") | of_each(a.purge_wait, "delivery_purge"),
        frozenset({"wave_spam"}),
        {"attacks.wave_spam.burst_hours": [2, 2]},
    ),
}


def table() -> dict[str, Knob]:
    """Knobs of all groups but the fields of the single attacks, by path."""
    shares = {
        f"profiles.{name}.share": Knob(
            0.2,
            5,
            s.named("profile", name),
            world={f"profiles.{other}.share": 1 for other in PROFILES},
            options=MANY,
        )
        for name in PROFILES
    }
    by_profile = {f"profiles.{name}.{knob}": how for name in PROFILES for knob, how in PROFILE.items()}
    groups = {
        "organic": ORGANIC,
        "ratios": RATIOS,
        "scenarios": SCENARIO,
        "single_posts": POST,
        "cohorts": COHORTS,
    }
    plain = {f"{group}.{knob}": how for group, knobs in groups.items() for knob, how in knobs.items()}
    worlds = {f"platform.{knob}": Knob(**{**vars(how), "by_world": True}) for knob, how in PLATFORM.items()}
    attacks = {f"attacks.{knob}": Knob(**{**vars(how), "options": FAKES}) for knob, how in ATTACKS.items()}
    return {**shares, **by_profile, **plain, **worlds, **attacks}


def base_world(path: str, knob: Knob) -> dict[str, Any]:
    """The calm world in which a knob is turned."""
    profile = path.split(".")[1] if path.startswith("profiles.") else "regular"
    return calm(profile, **knob.profile) | knob.world
