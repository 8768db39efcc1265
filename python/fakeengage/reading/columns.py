"""Which column of a source is which: exact names, the user's mapping, and suggestions for near misses."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from fakeengage.panel import METRICS
from fakeengage.reading.errors import InputError

OPTIONAL = ("owner_id", "label", "window_start", "window_end")
KNOWN = ("account_id", "timestamp", *METRICS, *OPTIONAL, "action")

# What exports of real platforms call these columns. Only suggested, never taken without the user's word:
# an "id" may be a row number, and "impressions" may count something else than views.
_OTHER_NAMES = {
    "account_id": """account user user_id userid username user_name handle channel channel_id creator
        creator_id author post post_id video_id media_id profile page_id id name""",
    "timestamp": """time date datetime ts hour day month created_at captured_at recorded_at collected_at
        observed_at snapshot_time time_stamp epoch""",
    "views": "view view_count views_count viewcount plays play_count impressions reach video_views",
    "likes": """like like_count likes_count likecount favorites favourites favorite_count reactions upvotes
        stars hearts diggs digg_count""",
    "comments": "comment comment_count comments_count commentcount replies reply_count mentions",
    "shares": "share share_count shares_count sharecount retweets retweet_count reposts repost_count",
    "action": "event event_type type metric kind",
}


def _plain(name: str) -> str:
    return name.strip().strip("\ufeff").casefold().replace(" ", "_").replace("-", "_")


def _nearest(wanted: str, names: Sequence[str]) -> str | None:
    plain = {_plain(name): name for name in reversed(names)}
    for other in _OTHER_NAMES.get(wanted, "").split():
        if other in plain:
            return plain[other]
    close = difflib.get_close_matches(wanted, [p for p in plain if p not in KNOWN], n=1, cutoff=0.75)
    return plain[close[0]] if close else None


def find_columns(
    where: str, names: Sequence[str], mapping: dict[str, str], from_events: bool
) -> dict[str, int]:
    """Position in `names` of each known column that is there.

    Names match when they are equal but for case, blanks and hyphens; `mapping` (known name -> name in the
    source) goes first.

    Raises
    ------
    InputError
        For a missing, doubled or unknown column, with the nearest name as the remedy.
    """
    for known, source in mapping.items():
        if known not in KNOWN:
            raise InputError(
                "columns", f"{known!r} is not a column of the long table", f"any of {', '.join(KNOWN)}"
            )
        if source not in names:
            near = difflib.get_close_matches(source, list(names), n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"the columns are {_listed(names)}"
            raise InputError(where, f"has no column {source!r} (asked for as {known})", hint)
    found: dict[str, int] = {known: list(names).index(source) for known, source in mapping.items()}
    for known in KNOWN:
        if known in found:
            continue
        at = [i for i, name in enumerate(names) if name == known]
        at = at or [i for i, name in enumerate(names) if _plain(name) == known]
        at = [i for i in at if i not in found.values()]
        if len(at) > 1:
            raise InputError(where, f"has {len(at)} columns named {known!r}", "remove or rename all but one")
        if at:
            found[known] = at[0]
    free = [name for i, name in enumerate(names) if i not in found.values()]
    for known in ("account_id", "timestamp"):
        if known not in found:
            near_name = _nearest(known, free)
            raise InputError(
                where, f"no column {known!r} among {_listed(names)}", _map_hint({known: near_name})
            )
    if from_events and "action" in found:
        return found
    found.pop("action", None)
    if any(metric in found for metric in METRICS):
        return found
    nearest: dict[str, str | None] = {metric: _nearest(metric, free) for metric in METRICS}
    what = "no metric column (views, likes, comments, shares)"
    if from_events:
        nearest = {"action": _nearest("action", free), **nearest}
        what = "no column 'action' (view, like, comment, share) and " + what
    raise InputError(where, f"{what} among {_listed(names)}", _map_hint(nearest))


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name[:40]) for name in names[:12])
    return shown + (f" and {len(names) - 12} more" if len(names) > 12 else "") if names else "no columns"


def _map_hint(near: dict[str, str | None]) -> str:
    pairs = ",".join(f"{known}={name}" for known, name in near.items() if name)
    if pairs:
        return f"did you mean --columns {pairs}?"
    return f"name it by --columns {next(iter(near))}=NAME, or rename it"
