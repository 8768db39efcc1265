"""Worlds in which nothing happens but what a test turns on.

One kind of account, no rhythm, no noise, no events, no spread between accounts: the rate is one number.
"""

from __future__ import annotations

from typing import Any

from fakeengage import _native

PROFILES = ("regular", "impulsive", "dormant", "influencer", "new", "casual", "power")

LARGE = 1e5
"""Views per hour at which the noise of counting is small and float32 still tells single views apart."""
RATIO = 0.3
"""Likes, comments and shares per view."""

CALM_PROFILE = {
    "views_median": LARGE,
    "views_log_sd": 0,
    "idle_share_low": 0,
    "idle_share_high": 0,
    "shape_low": 1e5,
    "shape_high": 1e5,
    "day_depth": 0,
    "phase_jitter_hours": 0,
    "bursts_per_week": 0,
    "burst_size": 1,
    "burst_log_sd": 0,
    "burst_shift_hours": 3,
    "burst_exponent_low": 1.5,
    "burst_exponent_high": 1.5,
    "live_per_week": 0,
    "memory_sd": 0,
    "memory_rho": 0.5,
    "weekend_lift": 0,
    "weekend_sd": 0,
    "growth_low": 0,
    "growth_high": 0,
    "posts_per_day": 0,
    "post_size": 1,
    "scheduled_share": 0,
}

CALM = {
    "organic.size": 1,
    "organic.shape": 1000,
    "organic.day_depth": 1,
    "organic.burst_rate": 1,
    "organic.burst_size": 1,
    "organic.live_rate": 1,
    "organic.memory": 1,
    "organic.growth": 1,
    "organic.peak_hour": 12,
    "organic.phase_sd_hours": 0,
    "organic.second_harmonic": 0,
    "organic.weekend_shift_hours": 0,
    "organic.sharp_share": 0,
    "organic.viral_share": 0,
    "organic.live_gain": 2.5,
    "organic.day_level_sd": 0,
    "organic.season_sd": 0,
    "ratios.likes_median": RATIO,
    "ratios.comments_median": RATIO,
    "ratios.shares_median": RATIO,
    "ratios.likes_log_sd": 0,
    "ratios.comments_log_sd": 0,
    "ratios.shares_log_sd": 0,
    "ratios.correlation": 0,
    "ratios.day_sd": 0,
    "ratios.noise_sd": 0,
    "ratios.drag": 0,
    "platform.hour_sd": 0,
    "platform.events_per_week": 0,
    "platform.outages_per_week": 0,
    "scenarios.share": 0,
    "single_posts.share": 0,
    # Operators of one account each: accounts that share a clock would be fewer than they look.
    "cohorts.lockstep_low": 1,
    "cohorts.lockstep_high": 1,
    "cohorts.wave_low": 1,
    "cohorts.wave_high": 1,
    "cohorts.sleeper_low": 1,
    "cohorts.sleeper_high": 1,
    "cohorts.other_share": 0,
    # Every order as large as it says, delivered at once, whole and without noise.
    "attacks.gain": 1,
    "attacks.duration_scale": 1,
    "attacks.size_exponent": 0,
    "attacks.coupling_sd": 0,
    "attacks.extra_noise": 0,
    "attacks.edge_jitter": 0,
    "attacks.edge_hours": 0,
    "attacks.hard_edge_share": 1,
    "attacks.round_orders": 0,
    "attacks.dispersion": 0,
    "attacks.metric_delay_hours": 0,
    "attacks.variant_share": 0,
    "attacks.smeared_share": 1,
    "attacks.floor_share": 0,
    "attacks.refill_share": 0,
    "attacks.full_length_share": 0,
}


def calm(profile: str = "regular", **turned: Any) -> dict[str, Any]:
    """Overrides of a calm world of one profile; `turned` names knobs of the profile.

    >>> calm(memory_sd=0.5)["profiles.regular.memory_sd"]
    0.5
    """
    shares = {f"profiles.{name}.share": float(name == profile) for name in PROFILES}
    own = {f"profiles.{profile}.{knob}": value for knob, value in {**CALM_PROFILE, **turned}.items()}
    return {**CALM, **shares, **own}


def only_scenario(name: str) -> dict[str, float]:
    """Overrides that give every account, idle ones excepted, this scenario."""
    weights = {f"scenarios.weights.{scenario}": 0.0 for scenario in _native.simulation_names()[1]}
    return {"scenarios.share": 1.0, **weights, f"scenarios.weights.{name}": 1.0}
