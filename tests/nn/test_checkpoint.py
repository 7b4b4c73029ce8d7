"""A training that was stopped and resumed is, bit for bit, one that was not; and what does not fit changes nothing."""

import copy
import io
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd as ag
import nn
from nn import optim

SAFETENSORS = pytest.param("c.safetensors", marks=pytest.mark.skipif(find_spec("safetensors") is None, reason="safetensors is missing"))
both_formats = pytest.mark.parametrize("name", ["c.npz", SAFETENSORS])

OPTIMIZERS: list[Any] = [
    lambda ps: optim.SGD(ps, lr=0.1, momentum=0.9, nesterov=True), lambda ps: optim.Adam(ps, lr=0.01, amsgrad=True),
    lambda ps: optim.AdamW(ps, lr=0.01), lambda ps: optim.RMSprop(ps, lr=0.01, momentum=0.5, centered=True), lambda ps: optim.Adagrad(ps, lr=0.1),
    lambda ps: optim.NAdam(ps, lr=0.01), lambda ps: optim.Adamax(ps, lr=0.01),
]  # fmt: skip
SCHEDULERS: list[Any] = [
    lambda o: optim.lr_scheduler.StepLR(o, 3), lambda o: optim.lr_scheduler.CosineAnnealingLR(o, 7),
    lambda o: optim.lr_scheduler.ExponentialLR(o, 0.9),
]  # fmt: skip


def make(optimizer: Any = OPTIMIZERS[0], scheduler: Any = SCHEDULERS[0]) -> tuple[Any, Any, Any]:
    net = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Dropout(0.3), nn.Linear(8, 2))
    opt = optimizer([{"params": net[0].parameters(), "weight_decay": 0.01}, {"params": net[3].parameters()}])
    return net, opt, scheduler(opt)


def train(net: Any, opt: Any, scheduler: Any, steps: int) -> list[float]:
    losses = []
    for _ in range(steps):
        loss = nn.functional.cross_entropy(net(ag.randn(16, 3)), ag.randint(0, 2, (16,)))
        opt.zero_grad()
        loss.backward()
        opt.step()
        scheduler.step()
        losses.append(loss.item())
    return losses


def everything(net: Any, opt: Any, scheduler: Any) -> Any:
    def plain(o: Any) -> Any:
        if isinstance(o, ag.Tensor):
            return o.tolist()
        if isinstance(o, dict):
            return {k: plain(v) for k, v in o.items()}
        return [plain(v) for v in o] if isinstance(o, list | tuple) else o

    return plain([net.state_dict(), opt.state_dict(), scheduler.state_dict(), ag.default_generator.get_state()])


@both_formats
@pytest.mark.parametrize("optimizer", range(len(OPTIMIZERS)))
@pytest.mark.parametrize("scheduler", range(len(SCHEDULERS)))
def test_resuming_is_the_same_bit_for_bit(name: str, optimizer: int, scheduler: int, tmp_path: Path) -> None:
    parts = make(OPTIMIZERS[optimizer], SCHEDULERS[scheduler])
    train(*parts, 4)
    nn.save_checkpoint(tmp_path / name, model=parts[0], optimizer=parts[1], scheduler=parts[2], step=4, note="half way", mean=ag.ones(2))
    want = train(*parts, 5)
    ag.manual_seed(99)
    others = make(OPTIMIZERS[optimizer], SCHEDULERS[scheduler])
    rest = nn.load_checkpoint(tmp_path / name, model=others[0], optimizer=others[1], scheduler=others[2])
    assert (rest["step"], rest["note"], rest["mean"].tolist(), len(rest)) == (4, "half way", [1, 1], 3)
    assert train(*others, 5) == want
    assert everything(*others) == everything(*parts)


@both_formats
def test_what_does_not_fit_leaves_everything_as_it_was(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    parts = make()
    train(*parts, 2)
    nn.save_checkpoint(path, model=parts[0], optimizer=parts[1], scheduler=parts[2])
    fresh = make()
    train(*fresh, 1)
    one, other = ag.ones(1, requires_grad=True), nn.Linear(2, 2)
    before = everything(*fresh)
    adam, plateau = optim.Adam(fresh[0].parameters()), optim.lr_scheduler.MultiStepLR(fresh[1], [3])
    with pytest.raises(RuntimeError, match="missing: weight, bias"):
        nn.load_checkpoint(path, model=other)
    for optimizer in (optim.SGD([one], lr=1), adam):
        with pytest.raises(ValueError):
            nn.load_checkpoint(path, model=fresh[0], optimizer=optimizer)
    with pytest.raises(ValueError):
        nn.load_checkpoint(path, model=fresh[0], optimizer=fresh[1], scheduler=plateau)
    nn.save_checkpoint(path, model=parts[0])
    for part in ("optimizer", "scheduler"):
        with pytest.raises(ValueError, match=f"holds no {part}; leave {part}= away"):
            nn.load_checkpoint(path, model=fresh[0], **{part: fresh[1]})
    assert everything(*fresh) == before


@both_formats
def test_a_truncated_or_foreign_file_is_a_clear_error(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    net, opt, scheduler = make()
    nn.save_checkpoint(path, model=net, optimizer=opt)
    before, whole = everything(net, opt, scheduler), path.read_bytes()
    for cut in (0, 7, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:cut])
        with pytest.raises(ValueError, match="not a whole file"):
            nn.load_checkpoint(path, model=net, optimizer=opt)
    for foreign in ([1], {"a": 1}, net.state_dict(), {"checkpoint": 3}):
        ag.save(foreign, path)
        with pytest.raises(ValueError, match="not a checkpoint"):
            nn.load_checkpoint(path, model=net)
    with pytest.raises(FileNotFoundError):
        nn.load_checkpoint(tmp_path / "nowhere.npz", model=net)
    assert everything(net, opt, scheduler) == before


def test_a_checkpoint_with_a_bad_part_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "c.npz"
    parts = make()
    train(*parts, 1)
    nn.save_checkpoint(path, model=parts[0], optimizer=parts[1], scheduler=parts[2])
    whole, fresh = ag.load(path), make()
    before = everything(*fresh)
    bad_state = copy.deepcopy(whole["checkpoint"]["optimizer"])
    bad_state["state"][0]["momentum_buffer"] = ag.ones(1)
    changes: list[tuple[str, Any]] = [
        ("optimizer", {"lr": 1.0}), ("optimizer", bad_state), ("scheduler", {}), ("random", {}),
        ("random", {"seed": 5, "state": {"bit_generator": "MT19937"}}),
    ]  # fmt: skip
    for part, bad in changes:
        ag.save({**whole, "checkpoint": {**whole["checkpoint"], part: bad}}, path)
        with pytest.raises(ValueError):
            nn.load_checkpoint(path, model=fresh[0], optimizer=fresh[1], scheduler=fresh[2])
        assert everything(*fresh) == before


def test_the_weights_stand_in_the_file_by_their_names(tmp_path: Path) -> None:
    net = nn.MLP(2, [3, 1])
    nn.save_checkpoint(tmp_path / "c.npz", model=net)
    with np.load(tmp_path / "c.npz") as file:
        assert set(file.files) == {*net.state_dict(), "__structure__"} and file["0.weight"].shape == (3, 2)
    load_file = pytest.importorskip("safetensors.numpy").load_file
    nn.save_checkpoint(tmp_path / "c.safetensors", model=net)
    arrays = load_file(tmp_path / "c.safetensors")
    twin = nn.MLP(2, [3, 1])
    assert twin.load_state_dict(arrays) == ([], []) and twin(ag.ones(1, 2)).tolist() == net(ag.ones(1, 2)).tolist()


def test_a_checkpoint_goes_through_an_open_file() -> None:
    file, net, twin = io.BytesIO(), nn.Linear(2, 1), nn.Linear(2, 1)
    nn.save_checkpoint(file, model=net, step=3)
    file.seek(0)
    assert nn.load_checkpoint(file, model=twin) == {"step": 3} and twin.weight.tolist() == net.weight.tolist()
    file.seek(0)
    with pytest.raises(ValueError, match="BytesIO holds no optimizer"):
        nn.load_checkpoint(file, model=twin, optimizer=optim.SGD(twin.parameters(), lr=0.1))


def test_a_name_that_is_taken_is_refused(tmp_path: Path) -> None:
    net = nn.Module()
    net.checkpoint = nn.Parameter(ag.ones(1))
    with pytest.raises(ValueError, match="is taken"):
        nn.save_checkpoint(tmp_path / "c.npz", model=net)


def test_all_but_the_path_is_given_by_its_name(tmp_path: Path) -> None:
    net = nn.Linear(1, 1)
    calls: list[Any] = [nn.save_checkpoint, nn.load_checkpoint]
    for function in calls:
        with pytest.raises(TypeError, match=rf"{function.__name__}\(path, model=\.\.\., .* by its name, got Linear without one"):
            function(tmp_path / "net.npz", net)
        with pytest.raises(TypeError, match=r"a checkpoint holds a model with .* got NoneType"):
            function(tmp_path / "net.npz")
    assert not list(tmp_path.iterdir())
