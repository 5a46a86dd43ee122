"""The rows of a file that embq calibrates on, so that others are calibrated on the same."""


def calibration_rows(count, samples):
    """Indices, in order, of the rows that `embq calibrate --samples` takes from `count` rows: spread evenly."""
    samples = min(count, samples)
    return [i * count // samples for i in range(samples)]
