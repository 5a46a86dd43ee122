"""The rows of a file that embq calibrates on, so that others are calibrated on the same."""


def calibration_rows(count, samples):
    """Indices, in order, of the rows that `embq calibrate --samples` takes from `count` rows: the first ones."""
    return list(range(min(count, samples)))
