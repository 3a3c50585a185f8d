"""results.json as results.md (of template.md), one_call.svg and workers.svg, for people to read."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent

NAMES = {
    "http_client": "http.client",
    "httpx_put": "`httpx.Client.put`",
    "generated": "the generated client alone",
    "nlpearl_client": "**nlpearl-client**",
    "nlpearl_client_national": "**nlpearl-client**, a national number",
    "requests_session": "`requests.Session.put`",
    "openai": "openai",
    "retell": "retell-sdk",
    "vendor": "nlpearl 2.2.0",
    "vapi": "vapi-server-sdk",
    "aiohttp_async": "aiohttp",
    "httpx_put_async": "`httpx.AsyncClient.put`",
    "generated_async": "the generated client alone",
    "nlpearl_client_async": "**nlpearl-client**",
    "openai_async": "openai",
    "nlpearl_client_ledger": "**nlpearl-client, with a ledger**",
    "nlpearl_client_ledger_async": "**nlpearl-client, with a ledger**",
    "nlpearl_client_postgres": "**nlpearl-client, with a PostgreSQL ledger**",
    "nlpearl_client_postgres_async": "**nlpearl-client, with a PostgreSQL ledger**",
    "nlpearl_client_known": "**nlpearl-client**, rows that the ledger knows",
    "add_lead": "**nlpearl-client**, `add_lead`",
    "add_lead_async": "**nlpearl-client**, `add_lead`",
    "add_lead_ledger": "**nlpearl-client**, `add_lead` with a ledger",
    "add_lead_ledger_async": "**nlpearl-client**, `add_lead` with a ledger",
    "httpx_lanes": "threads, each with an httpx client of its own",
    "httpx_lanes_async": "tasks, each with an httpx client of its own",
    "httpx_sequential": "`httpx.Client.put`, one after the other",
    "httpx_sequential_async": "`httpx.AsyncClient.put`, one after the other",
    "requests_pool": "a thread pool over requests",
    "httpx_gather_async": "`asyncio.gather` over one httpx client",
    "aiohttp_workers_async": "aiohttp, as many tasks (what the server can do)",
}


#: How a name ends, and what that is.
KINDS = {"": "sync", "_async": "asyncio"}


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A table of Markdown."""
    lines = [list(head), *([str(cell) for cell in row] for row in rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _kind(name: str) -> str:
    return KINDS["_async" if name.endswith("_async") else ""]


def plain(name: str) -> str:
    """A name without Markdown."""
    return NAMES[name].replace("*", "").replace("`", "")


def spread(figures: dict[str, Any], what: str, digits: int = 0) -> str:
    """A median, and the lowest and highest of its rounds."""
    low, high = figures[f"{what}_from"], figures[f"{what}_to"]
    return f"{figures[what]:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def one_call(found: dict[str, Any]) -> str:
    rows = []
    for name, figures in found.items():
        base = found["httpx_put_async" if name.endswith("_async") else "httpx_put"]
        counted = [f"{figures['instructions'] / 1e6:.3f}",
                   f"{figures['instructions'] / base['instructions']:.2f}",
                   ] if "instructions" in figures else ["", ""]  # fmt: skip
        ratio = f"{figures['cpu'] / base['cpu']:.2f}"
        time = [spread(figures, "cpu"), ratio, spread(figures, "wall")]
        rows.append([_kind(name), NAMES[name], *counted, *time])
    head = ["", "client", "million instructions", "of httpx", "CPU µs", "of httpx", "wall µs"]
    return table(head, rows)


def many_calls(found: list[dict[str, Any]]) -> str:
    rows = [
        [each["concurrency"], _kind(each["name"]), NAMES[each["name"]],
         spread(each, "of_ideal", 2), spread(each, "cpu"), f"{each['connections']:.0f}"]
        for each in sorted(found, key=lambda each: (each["concurrency"], _kind(each["name"])))
    ]  # fmt: skip
    head = ["at once", "", "client", "wall time of the ideal", "CPU µs of one call", "connections"]
    return table(head, rows)


def million(found: dict[str, Any]) -> str:
    names = {"million": "sync", "million_async": "asyncio", "million_ledger": "sync, ledger"}
    rows = [
        [names[name], *(f"{mark['peak']:.1f}" for mark in marks),
         f"{marks[1]['peak'] - marks[0]['peak']:+.1f}",
         *(f"{mark['cpu']:.0f}" for mark in marks)]
        for name, marks in found.items()
    ]  # fmt: skip
    return table(
        ["", "peak MiB at 100,000", "at 1,000,000", "growth", "CPU µs of a lead at 100,000",
         "at 1,000,000"], rows,
    )  # fmt: skip


def of_rows(found: dict[str, Any]) -> str:
    """Wall and CPU time of a row, and peak memory."""
    rows = [
        [name, *(f"{each[what]:.0f}" for what in ("wall", "cpu")), f"{each['peak']:.1f}"]
        for name, each in found.items()
    ]
    return table(["", "wall µs of a row", "CPU µs of a row", "peak MiB"], rows)


def imports(found: dict[str, Any]) -> str:
    rows = []
    for key, figures in found.items():
        env, code = key.split(": ", 1)
        base = found[f"{'extras' if env == 'extras' else 'plain'}: import httpx"]["cpu"]
        where = {"plain": "without extras", "extras": "with all extras"}.get(env, NAMES.get(env))
        ratio = f"{figures['cpu'] / base:.2f}"
        rows.append([where, f"`{code}`", spread(figures, "cpu"), ratio])
    return table(["", "fresh process", "CPU ms", "of `import httpx`"], rows)


def zones(found: list[dict[str, Any]]) -> str:
    rows = [[each["case"], f"{each['first']:.0f}", f"{each['again']:.2f}"] for each in found]
    return table(["", "the first µs", "µs again"], rows)


def command(found: dict[str, Any]) -> str:
    rows = [
        [name, spread(each, "first", 3), spread(each, "wall", 2), spread(each, "cpu", 2)]
        for name, each in found.items()
    ]
    return table(["", "s to the first request", "s in all", "CPU s"], rows)


def goals(found: dict[str, Any]) -> str:
    """The goals of the project, each beside what was measured; what misses its goal is bold."""

    def row(what: str, goal: float, *seen: float, goal_async: float | None = None) -> list[str]:
        limits = (goal, goal_async or goal)
        cells = [
            f"{ratio:.2f}" if ratio <= limit else f"**{ratio:.2f}**"
            for ratio, limit in zip(seen, limits, strict=False)
        ]
        shown = f"{goal:.2f}" if goal_async is None else f"{goal:.2f}, asyncio {goal_async:.2f}"
        return [what, shown, *cells, *[""] * (2 - len(cells))]

    def one(what: str) -> list[float]:
        return [
            found["one"]["nlpearl_client" + kind][what] / found["one"]["httpx_put" + kind][what]
            for kind in KINDS
        ]

    walls = {
        (part, each["name"], each["concurrency"]): each["wall"]
        for part in ("many", "patient")
        for each in found[part]
    }

    def many(name: str, base: str, count: int, part: str = "many") -> list[float]:
        return [walls[part, name + kind, count] / walls[part, base + kind, count] for kind in KINDS]

    ours = "nlpearl_client"
    marks = found["million"]
    cpu = {name: each["cpu"] for name, each in found["imports"].items()}
    httpx = cpu["plain: import httpx"]
    known = walls["many", f"{ours}_known", 50] / walls["many", f"{ours}_ledger", 50]
    return table(
        ["", "goal, at most", *KINDS.values()],
        [
            row("one `add_lead`: CPU of bare httpx", 1.15, *one("cpu")),
            row("one `add_lead`: instructions of bare httpx", 1.10, *one("instructions")),
            *(
                row(f"{count} calls at once: wall time of bare httpx", 1.05,
                    *many(ours, "httpx_lanes", count))
                for count in (10, 50, 100, 200)
            ),
            row("SQLite ledger: wall time of no ledger, `add_lead`", 1.05,
                *many("add_lead_ledger", "add_lead", 1)),
            row("… 10 calls at once", 1.03, *many(f"{ours}_ledger", ours, 10)),
            row("… 50 calls at once", 1.08, *many(f"{ours}_ledger", ours, 50)),
            row("… 100 calls at once", 1.15, *many(f"{ours}_ledger", ours, 100), goal_async=1.20),
            *(
                row(f"PostgreSQL ledger: wall time of no ledger, {count} at once", 1.30,
                    *many(f"{ours}_postgres", ours, count))
                for count in (10, 50, 100)
            ),
            row("50 at once, responses after 200 ms: bare httpx", 1.05,
                *many(ours, "httpx_lanes", 50, "patient")),
            row("… SQLite ledger", 1.08, *many(f"{ours}_ledger", ours, 50, "patient")),
            row("… PostgreSQL ledger", 1.30, *many(f"{ours}_postgres", ours, 50, "patient")),
            row("a row that the ledger knows: wall time of one that is added", 0.12, known),
            row("a million rows: MiB more than 100,000", 2,
                *(marks[name][1]["peak"] - marks[name][0]["peak"]
                  for name in ("million", "million_async"))),
            row("`import nlpearl`: CPU of `import httpx`", 1,
                cpu["plain: import nlpearl"] / httpx),
            row("… with the first `Lead`", 1.5, cpu["plain: the first Lead"] / httpx),
        ],
    )  # fmt: skip


def plot_peers(found: dict[str, Any]) -> None:
    """CPU of one call, as bars."""
    import matplotlib as mpl
    from matplotlib import pyplot

    mpl.rcParams.update({"svg.hashsalt": "nlpearl", "font.size": 10})
    names = [name for name in reversed(found) if name != "vapi"]  # six times as long as the longest
    figure, axes = pyplot.subplots(figsize=(8, 4.6), layout="constrained")
    colors = ["#0a7d5a" if name.startswith("nlpearl_client") else "#9aa4ad" for name in names]
    labels = [f"{plain(name)}{', asyncio' * name.endswith('_async')}" for name in names]
    bars = axes.barh(labels, [found[name]["cpu"] for name in names], color=colors)
    axes.bar_label(bars, fmt="%.0f", padding=3)
    axes.set_xlabel("CPU µs of one call, median")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(HERE / "one_call.svg", metadata={"Date": None})


def plot_workers(found: list[dict[str, Any]]) -> None:
    """Wall time of many calls, by how many are made at once."""
    from matplotlib import pyplot

    figure, both = pyplot.subplots(1, 2, figsize=(8, 4), layout="constrained", sharey=True)
    shown = {"httpx_lanes": "#9aa4ad", "nlpearl_client": "#0a7d5a",
             "nlpearl_client_ledger": "#c2410c", "nlpearl_client_postgres": "#7c3aed"}  # fmt: skip
    for axes, (suffix, kind) in zip(both, KINDS.items(), strict=True):
        for name, color in shown.items():
            wanted = name + suffix
            points = sorted((p["concurrency"], p["of_ideal"]) for p in found if p["name"] == wanted)
            label = "bare httpx" if name == "httpx_lanes" else plain(name)
            axes.plot(*zip(*points, strict=True), "o-", color=color, label=label)
        axes.set_title(kind)
        axes.set_xlabel("calls at once")
        axes.spines[["top", "right"]].set_visible(False)
    both[0].set_ylim(0)
    both[0].set_ylabel("wall time, 1 is ideal")
    both[0].legend(frameon=False, fontsize=8)
    figure.savefig(HERE / "workers.svg", metadata={"Date": None})


PARTS = {
    "one": one_call,
    "many": many_calls,
    "patient": many_calls,
    "million": million,
    "known": of_rows,
    "imports": imports,
    "zones": zones,
    "command": command,
    "files": of_rows,
}


def main() -> None:
    """Write all three."""
    found = json.loads((HERE / "results.json").read_text())
    about = {**found["machine"], "versions": ", ".join(found["machine"]["versions"])}
    parts = {"goals": goals(found)}
    for name, make in PARTS.items():
        parts[name] = make(found[name])
        where = found["measured"][name]
        if where != f"{about['date']}, {about['machine']}":
            parts[name] += f"\n\nMeasured on {where}."
    template = (HERE / "template.md").read_text()
    (HERE / "results.md").write_text(template.format(**about, **parts))
    plot_peers(found["one"])
    plot_workers(found["many"])


if __name__ == "__main__":
    main()
