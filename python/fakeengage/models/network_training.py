"""Training of the convolution net with torch; a trained one runs in Rust (:mod:`.network`).

Only whoever trains imports this module: it needs torch.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from fakeengage.models.network import CHANNELS, Network
from fakeengage.models.store import Arrays
from fakeengage.models.torch_use import pick_device
from fakeengage.panel import METRICS

N_METRICS = len(METRICS)
N_HOUR_OUTPUTS = 1 + 2 * N_METRICS
"""Per step: whether anything was changed, then each metric, then each metric's log gain."""
N_PER_METRIC = (len(CHANNELS) - 3) // N_METRICS

# Weights of the losses. Half of the hours' weight goes to the one output that score_hours reads.
_ATTACK, _ANY, _METRIC, _GAIN = 0.3, 2.0, 1.0, 0.3
_CALM = 0.05
"""Weight of an unchanged hour in the loss of the gain: there are many of them, and all are zero."""
_HUBER = 0.3
_WARMUP = 0.1
_CLIP = 1.0


@dataclass(frozen=True)
class Lessons:
    """Accounts to learn from, all with the same number of steps.

    Parameters
    ----------
    channels
        ``(n, n_steps, n_channels)``, as :func:`~fakeengage.models.network.channels` gives them, steps first.
    fake
        1 = fake, 0 = normal.
    attack
        Number of the attack, -1 where there is none or it has no name.
    changed
        ``(n, n_steps, 4)``: whether the attack changed this count.
    gain
        ``(n, n_steps, 4)``: log of the count over what it was before the attack.
    present
        ``(n, 4)``: metrics that the account has.
    weight
        0 leaves the account's label out: its attack does not show in what is left of it.
    hours_known
        Whether `changed` and `gain` are known; without them only the labels teach.
    """

    channels: NDArray[np.float32]
    fake: NDArray[np.float32]
    attack: NDArray[np.int64]
    changed: NDArray[np.float32]
    gain: NDArray[np.float32]
    present: NDArray[np.float32]
    weight: NDArray[np.float32]
    hours_known: bool = True

    def __len__(self) -> int:
        return len(self.fake)

    def take(self, rows: NDArray[np.int64]) -> Lessons:
        """Some of the accounts."""
        parts = {f.name: getattr(self, f.name)[rows] for f in fields(self) if f.name != "hours_known"}
        return Lessons(**parts, hours_known=self.hours_known)


class _Block(nn.Module):
    def __init__(self, width: int, taps: int, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        self.norm = nn.LayerNorm(width)
        self.conv = nn.Conv1d(width, width, taps, dilation=dilation)
        self.context = nn.Linear(width, width, bias=False)
        self.mix = nn.Linear(width, width)
        # A block begins as doing nothing; depth then costs no patience.
        for parameter in (self.context.weight, self.mix.weight, self.mix.bias):
            nn.init.zeros_(parameter)

    def forward(self, h: Tensor) -> Tensor:
        n = self.norm(h)
        taps = self.conv.kernel_size[0]
        reach = self.dilation * (taps // 2)
        padded = functional.pad(n, (0, 0, reach, reach))
        steps = h.shape[1]
        # One product of matrices over all taps: on a processor several times as fast as a convolution.
        seen = torch.cat([padded[:, k * self.dilation : k * self.dilation + steps] for k in range(taps)], 2)
        kernel = self.conv.weight.permute(0, 2, 1).reshape(self.conv.weight.shape[0], -1)
        u = functional.linear(seen, kernel, self.conv.bias) + self.context(n.mean(1))[:, None]
        out: Tensor = h + self.mix(functional.relu(u))
        return out


class Module(nn.Module):
    """The net of :class:`~fakeengage.models.network.Network`, steps before channels."""

    def __init__(
        self, width: int, taps: int, dilations: tuple[int, ...], hidden: int, n_attacks: int
    ) -> None:
        super().__init__()
        self.stem = nn.Linear(len(CHANNELS), width)
        self.blocks = nn.ModuleList([_Block(width, taps, d) for d in dilations])
        self.norm = nn.LayerNorm(width)
        self.hours = nn.Linear(width, N_HOUR_OUTPUTS)
        self.account = nn.ModuleList([nn.Linear(3 * width, hidden), nn.Linear(hidden, 1 + n_attacks)])

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """``(n, 1 + n_attacks)`` logits of accounts and ``(n, n_steps, 9)`` outputs of steps."""
        h = self.stem(x)
        for block in self.blocks:
            h = block(h)
        f = self.norm(h)
        hours = self.hours(f)
        attention = hours[:, :, :1].softmax(1)
        pooled = torch.cat([f.mean(1), f.amax(1), (f * attention).sum(1)], 1)
        accounts: Tensor = self.account[1](functional.relu(self.account[0](pooled)))
        return accounts, hours


class NetworkTraining:
    """A net under training: one call per batch, and all of it can be put aside and taken up again.

    Parameters
    ----------
    width, taps, dilations, hidden
        Shape of the net.
    n_attacks
        Attacks that it tells apart.
    n_batches
        Batches of the whole training: the step size rises over the first tenth, then falls to nothing.
    learning_rate
        Largest step size (AdamW).
    seed
        Seed of the first weights.
    device
        ``cpu``, ``cuda`` or ``auto``.
    """

    def __init__(
        self,
        *,
        width: int,
        taps: int,
        dilations: tuple[int, ...],
        hidden: int,
        n_attacks: int,
        n_batches: int,
        learning_rate: float,
        seed: int,
        device: str = "auto",
    ) -> None:
        self.device = torch.device(pick_device(torch, device))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            module = Module(width, taps, dilations, hidden, n_attacks)
        self.module = module.to(self.device)
        self.dilations = dilations
        self.n_batches = n_batches
        self.learning_rate = learning_rate
        self.optimiser = torch.optim.AdamW(self.module.parameters(), learning_rate, weight_decay=1e-3)
        self.done = 0

    def learn(self, lessons: Lessons) -> dict[str, float]:
        """One step down the gradient; gives the losses."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.learning_rate * _pace(self.done / self.n_batches)
        self.module.train()
        self.optimiser.zero_grad()
        losses = self._losses(lessons)
        total = torch.stack(list(losses.values())).sum()
        total.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.module.parameters(), _CLIP)
        self.optimiser.step()
        self.done += 1
        return {name: float(loss.detach()) for name, loss in losses.items()}

    def loss(self, lessons: Lessons) -> float:
        """Sum of the losses on accounts that are not learnt from."""
        self.module.eval()
        with torch.no_grad():
            return float(torch.stack(list(self._losses(lessons).values())).sum())

    def _losses(self, lessons: Lessons) -> dict[str, Tensor]:
        def tensor(values: NDArray[Any]) -> Tensor:
            return torch.from_numpy(np.ascontiguousarray(values)).to(self.device)

        # Half precision for the products only; it halves the time, and the losses are summed in full.
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
            accounts, hours = self.module(tensor(lessons.channels))
        accounts, hours = accounts.float(), hours.float()
        weight, fake, attack = tensor(lessons.weight), tensor(lessons.fake), tensor(lessons.attack)
        binary = functional.binary_cross_entropy_with_logits
        losses = {"fake": (binary(accounts[:, 0], fake, reduction="none") * weight).mean()}
        named = (attack >= 0) & (weight > 0)
        if bool(named.any()):
            losses["attack"] = _ATTACK * functional.cross_entropy(accounts[named, 1:], attack[named])
        if lessons.hours_known:
            changed, gain = tensor(lessons.changed), tensor(lessons.gain)
            present = tensor(lessons.present)[:, None]
            losses["hours"] = _ANY * binary(hours[:, :, 0], changed.amax(2))
            metric, size = hours[:, :, 1 : 1 + N_METRICS], hours[:, :, 1 + N_METRICS :]
            losses["metrics"] = _METRIC * (binary(metric, changed, reduction="none") * present).mean()
            counted = present * (changed + _CALM)
            errors = functional.smooth_l1_loss(size, gain, reduction="none", beta=_HUBER)
            losses["gain"] = _GAIN * (errors * counted).sum() / (counted.sum() + 1.0)
        return losses

    def network(self) -> Network:
        """The net as it stands."""
        return Network.from_torch_state(self.module.state_dict(), self.dilations)

    def state(self) -> Arrays:
        """Everything that going on needs, as plain arrays."""
        arrays: Arrays = {"done": np.array([self.done], dtype=np.int64)}
        for name, parameter in self.module.named_parameters():
            arrays[f"weight.{name}"] = parameter.detach().cpu().numpy().copy()
            for moment, values in self.optimiser.state.get(parameter, {}).items():
                arrays[f"{moment}.{name}"] = np.asarray(values.detach().cpu().numpy()).copy()
        return arrays

    def restore(self, arrays: Arrays) -> None:
        """Takes back what :meth:`state` gave."""
        self.done = int(arrays["done"][0])
        with torch.no_grad():
            for name, parameter in self.module.named_parameters():
                parameter.copy_(torch.from_numpy(arrays[f"weight.{name}"]))
                if self.done:
                    self.optimiser.state[parameter] = {
                        moment: torch.from_numpy(arrays[f"{moment}.{name}"].copy()).to(
                            "cpu" if moment == "step" else self.device
                        )
                        for moment in ("step", "exp_avg", "exp_avg_sq")
                    }


def _pace(progress: float) -> float:
    """Share of the largest step size: linear up, then half a cosine down (Smith & Topin 2017)."""
    if progress < _WARMUP:
        return 0.04 + 0.96 * progress / _WARMUP
    return 0.5 * (1.0 + float(np.cos(np.pi * min(1.0, (progress - _WARMUP) / (1.0 - _WARMUP))))) + 1e-4


def log_gain(
    channels: NDArray[np.float32], counts: NDArray[np.float32], clean: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Log of counts over clean counts, both within what the channel ``residual`` can show.

    `channels` are ``(n, n_channels, n_steps)``; the others ``(n, n_steps, 4)``. 0 where a count is missing.
    """
    out = np.zeros(counts.shape, dtype=np.float32)
    for k in range(N_METRICS):
        level, mean = channels[:, N_PER_METRIC * k + 2], channels[:, N_PER_METRIC * k + 3]
        usual = level + 5.0 * mean
        known = ~np.isnan(counts[:, :, k]) & ~np.isnan(clean[:, :, k])
        logs = [
            np.clip(np.log(np.maximum(np.nan_to_num(values[:, :, k]), 0.0) + 0.5) - usual, -4.0, 4.0)
            for values in (counts, clean)
        ]
        out[:, :, k] = np.where(known, logs[0] - logs[1], 0.0)
    return out


def without_metrics(lessons: Lessons, present: NDArray[np.bool_]) -> Lessons:
    """The same accounts with some metrics taken away; a fake that no longer shows teaches nothing."""
    kept = present & (lessons.present > 0)
    x = lessons.channels.copy()
    for k in range(N_METRICS):
        x[:, :, N_PER_METRIC * k : N_PER_METRIC * (k + 1)] *= kept[:, k, None, None]
    changed = lessons.changed * kept[:, None, :]
    shows = changed.any(axis=(1, 2)) if lessons.hours_known else np.ones(len(lessons), dtype=bool)
    return Lessons(
        x,
        lessons.fake,
        lessons.attack,
        changed,
        lessons.gain,
        kept.astype(np.float32),
        np.where(shows | (lessons.fake == 0), lessons.weight, 0.0).astype(np.float32),
        lessons.hours_known,
    )
