"""What this machine can do: how fast it computes, how fast it moves bytes, how large its caches are."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

import torch

from embedding_layer.checks import check_size

MEBI = 2**20

LINUX = Path("/sys/devices/system/cpu/cpu0/cache")
_UNITS = {"K": 2**10, "M": 2**20, "G": 2**30}


def product_rate(size: int = 1024, *, repeats: int = 7) -> float:
    """Measure how many floating-point operations a second a product of two float32 matrices reaches.

    A large product uses every number it fetches `size` times, so the arithmetic is what takes the time. The
    fastest repeat counts, because what disturbs a product only ever makes it slower.

    Parameters
    ----------
    size : int
        Both matrices have the shape `(size, size)`.
    repeats : int
        How many products to time, after one that warms up.

    Returns
    -------
    float
        Operations a second, on as many threads as PyTorch uses: a product takes 2·size³ of them.

    Raises
    ------
    ValueError
        If a number is less than 1.
    """
    left, right = torch.ones(2, check_size(size, "size"), size)
    out = torch.empty_like(left)
    seconds = [_time_product(left, right, out) for _ in range(check_size(repeats, "repeats") + 1)]
    return 2 * size**3 / min(seconds[1:])


def copy_bandwidth(
    mebibytes: int = 128, *, repeats: int = 7, device: torch.device | str = "cpu", threads: int | None = None
) -> float:
    """Measure how many bytes a second the memory delivers and takes, by copying a block.

    Every byte of the block is counted twice: it is read, and it is written. Of all repeats the fastest
    counts, because what disturbs a copy only ever makes it slower. The block has to be much larger than the
    caches, or their speed is measured instead.

    Parameters
    ----------
    mebibytes : int
        The size of the block, in units of 2²⁰ bytes. As much again is needed for the copy.
    repeats : int
        How many copies to time, after one that warms up.
    device : torch.device or str
        Whose memory.
    threads : int or None
        How many threads copy, if it is the CPU's memory; the number set in PyTorch unless given.

    Returns
    -------
    float
        Bytes a second.

    Raises
    ------
    ValueError
        If a number is less than 1.

    References
    ----------
    McCalpin, "Memory bandwidth and machine balance in current high performance computers" (1995).
    """
    size = check_size(mebibytes, "mebibytes") * MEBI
    repeats = check_size(repeats, "repeats")
    device = torch.device(device)
    before = torch.get_num_threads()
    torch.set_num_threads(before if threads is None else check_size(threads, "threads"))
    try:
        source = torch.ones(size // 4, dtype=torch.float32, device=device)
        target = torch.empty_like(source)
        seconds = [_time_copy(target, source, device) for _ in range(repeats + 1)]
    finally:
        torch.set_num_threads(before)
    return 2 * size / min(seconds[1:])


def cache_sizes(folder: Path = LINUX) -> dict[str, int]:
    """Return the bytes of each cache that keeps data, by its level: `{"L1": 32768, "L2": …}`, smallest first.

    Empty where the system does not tell, as everywhere but on Linux. The last level is often shared: by all
    cores, and on a rented machine by its other tenants.
    """
    sizes: dict[str, int] = {}
    for cache in sorted(folder.glob("index*")):
        try:
            level, kind, size = (_read(cache / name) for name in ("level", "type", "size"))
            if kind != "Instruction":
                sizes[f"L{int(level)}"] = int(size[:-1]) * _UNITS[size[-1]]
        except (OSError, ValueError, KeyError, IndexError):
            continue  # a size that cannot be read is a size that is not known
    return dict(sorted(sizes.items(), key=lambda item: item[1]))


def page_size(mebibytes: int = 64) -> str | None:
    """Return in pages of which size PyTorch's large tensors lie here: "4 KiB" or "2 MiB"; None if unknown.

    A processor finds the place of a page in a small table of its own, or else in memory. With large pages
    the small one reaches further. Linux gives them to whom asks: set `THP_MEM_ALLOC_ENABLE=1` before PyTorch
    is imported, and it does. This looks at what a tensor of the given size, in units of 2²⁰ bytes, has got.
    """
    before = _huge_bytes()
    held = torch.ones(check_size(mebibytes, "mebibytes"), MEBI // 4)
    after = _huge_bytes()
    if before is None or after is None:
        return None
    return "2 MiB" if after - before > held.nbytes / 2 else "4 KiB"


def _huge_bytes() -> int | None:
    """Return how much of this process lies in 2 MiB pages, where Linux tells."""
    try:
        lines = Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("AnonHugePages")) * 2**10
    except (OSError, ValueError, StopIteration):
        return None


def _time_product(left: torch.Tensor, right: torch.Tensor, out: torch.Tensor) -> float:
    start = perf_counter()
    torch.mm(left, right, out=out)
    return perf_counter() - start


def _time_copy(target: torch.Tensor, source: torch.Tensor, device: torch.device) -> float:
    _wait(device)
    start = perf_counter()
    target.copy_(source)
    _wait(device)
    return perf_counter() - start


def _wait(device: torch.device) -> None:
    """Wait for an accelerator, which computes while Python is already elsewhere."""
    if device.type != "cpu":
        torch.accelerator.synchronize(device)


def _read(file: Path) -> str:
    return file.read_text(encoding="ascii").strip()
