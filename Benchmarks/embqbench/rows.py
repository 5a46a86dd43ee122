"""The rows that embq calibrates on, for others to be calibrated on too, and those that variants are chosen by."""
from .program import texts

CHOICE_ROWS = 1000    # where the task has no valid.tsv


def calibration_rows(count, samples):
    """Indices, in order, of the rows that `embq calibrate --samples` takes from `count` rows: spread evenly."""
    samples = min(count, samples)
    return [i * count // samples for i in range(samples)]


def choice(task, samples):
    """The labelled rows by which a user can tell variants apart before the test: a path and the indices of its rows.

    They are those of valid.tsv or, without one, calibration rows' neighbours: as many as there are, spread evenly.
    """
    valid = task.calibration.with_name("valid.tsv")
    if valid.exists():
        return valid, list(range(len(texts(valid))))
    count = len(texts(task.calibration))
    taken = set(calibration_rows(count, samples))
    left = [row for row in range(count) if row not in taken]
    return task.calibration, [left[i] for i in calibration_rows(len(left), CHOICE_ROWS)]
