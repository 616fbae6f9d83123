"""The table and build/bench.json."""

import json
import os
import platform
import time

FLOOR = "floor"
OURS = "musterd"


def _figures(result, subjects):
    """For each metric: {subject: value}, only where there are samples."""
    for metric in result["row"].metrics:
        values = {}
        for subject in subjects:
            samples = result["samples"][subject].get(metric.samples_name())
            if samples:
                values[subject] = metric.pick(samples)
        yield metric, values


def _verdict(metric, values):
    if metric.budget is None or OURS not in values:
        return ""
    met = metric.budget.met(values[OURS], values.get(FLOOR))
    return {None: "?", True: "ok", False: "missed"}[met]


def _ratio(value, floor):
    return value / floor if floor and floor > 0 else None


def write_json(results, path):
    document = {
        "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "seconds": round(results["seconds"], 1),
        "quick": results["quick"],
        "machine": {"kernel": platform.release(), "arch": platform.machine(),
                    "cpus": len(os.sched_getaffinity(0))},
        "left_out": results["left_out"],
        "rows": {},
    }
    for result in results["rows"]:
        metrics = document["rows"].setdefault(result["row"].name, {"words": result["words"]})
        for metric, values in _figures(result, results["subjects"]):
            metrics[metric.name] = {
                "title": metric.title.format(many=results["many"]),
                "unit": metric.unit,
                "budget": metric.budget.text() if metric.budget else None,
                "verdict": _verdict(metric, values) or None,
                "subjects": {
                    subject: {
                        "value": value,
                        "of_floor": _ratio(value, values.get(FLOOR)),
                        "samples": len(result["samples"][subject][metric.samples_name()]),
                        "min": min(result["samples"][subject][metric.samples_name()]),
                        "max": max(result["samples"][subject][metric.samples_name()]),
                    } for subject, value in values.items()},
            }
    with open(path, "w") as file:
        json.dump(document, file, indent=1)
        file.write("\n")


def _number(value):
    if value == 0:
        return "0"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _cell(subject, values, words):
    if subject not in values:
        return words.get(subject, "-")
    ratio = _ratio(values[subject], values.get(FLOOR))
    if ratio is None or subject == FLOOR:
        return _number(values[subject])
    return f"{_number(values[subject])} ({_number(ratio)}x)"


def print_table(results):
    subjects = results["subjects"]
    lines = [["", "unit", *subjects, "budget", OURS if OURS in subjects else ""]]
    for result in results["rows"]:
        for metric, values in _figures(result, subjects):
            lines.append([metric.title.format(many=results["many"]), metric.unit,
                          *(_cell(subject, values, result["words"]) for subject in subjects),
                          metric.budget.text() if metric.budget else "",
                          _verdict(metric, values)])
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    left = {0, 1, len(widths) - 2, len(widths) - 1}
    for line in lines:
        print("  ".join(text.ljust(width) if column in left else text.rjust(width)
                        for column, (text, width) in enumerate(zip(line, widths))).rstrip())
    for name, reason in results["left_out"].items():
        print(f"{name} was left out: {reason}")
    print(f"(x: of the floor; {results['seconds']:.0f} s"
          + ("; QUICK: fewer workers and samples, so no measure of the budgets)"
             if results["quick"] else ")"))
