"""How large the caches of this machine's processor are, where the system tells."""

from __future__ import annotations

from pathlib import Path

LINUX = Path("/sys/devices/system/cpu/cpu0/cache")
_UNITS = {"K": 2**10, "M": 2**20, "G": 2**30}


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


def _read(file: Path) -> str:
    return file.read_text(encoding="ascii").strip()
