"""The risk-coverage curve as a picture; matplotlib is loaded only when one is drawn.

The words in it are English: a font with Chinese characters is not on every machine.
"""

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from knowledge.errors import ExtraMissing
from knowledge.evaluation.evaluating import Report
from knowledge.evaluation.risk_coverage import RISKS, Curve, Point

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INCHES = (7.0, 6.0)
_DOTS_PER_INCH = 150


def check_charts() -> None:
    """Tell at once that no chart can be drawn, before anything is asked for it.

    Raises:
        ExtraMissing: what draws them is not installed.
    """
    if importlib.util.find_spec("matplotlib") is None:
        raise ExtraMissing("--chart", "evaluation")


def draw_curve(report: Report, file: Path) -> None:
    """Draw the curve of a report into a PNG file.

    Raises:
        ExtraMissing: what draws it is not installed.
    """
    check_charts()
    from matplotlib.figure import Figure

    figure = Figure(figsize=_INCHES, dpi=_DOTS_PER_INCH, layout="constrained")
    axes = figure.add_subplot()
    _draw(axes, report.curve, report.working_point)
    name = f"{report.set_name}: " if report.set_name.isascii() else ""
    again = any(outcome.without for outcome in report.outcomes)
    asked = f"{len(report.outcomes)} questions" + (", also without their documents" * again)
    axes.set_title(f"{name}{asked}")
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    figure.savefig(file, format="png")


def _draw(axes: "Axes", curve: Curve, working: Point) -> None:
    """Draw in black on white: the lines differ in kind, not in colour."""
    coverages = [0.0, *(point.coverage for point in curve.points)]
    risks = [curve.points[0].risk if curve.points else 0.0, *(p.risk for p in curve.points)]
    axes.plot(
        coverages, risks, color="black", linewidth=2, label=f"by confidence (area {curve.area:.3f})"
    )
    axes.plot(
        [working.coverage],
        [working.risk],
        color="black",
        marker="D",
        markersize=9,
        markerfacecolor="white",
        markeredgewidth=2,
        linestyle="none",
        clip_on=False,
        zorder=3,
        label=f"answered now ({working.coverage:.0%} answered, {working.risk:.0%} of them wrong)",
    )
    for risk, style in zip(RISKS, ("--", "-.", ":"), strict=True):
        reach = curve.coverage_at(risk)
        axes.axhline(
            risk,
            color="black",
            linewidth=1,
            linestyle=style,
            label=f"risk {risk:.0%}: coverage {reach:.0%}",
        )
    axes.set(
        xlim=(0, 1),
        ylim=(0, 1),
        xlabel="coverage: share of questions answered",
        ylabel="risk: share of those answered that is wrong",
    )
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda share, _place: f"{share:.0%}")
    axes.grid(color="0.85", linewidth=0.8)
