"""What the best of many quantized models owes to there being many, each picked by its score on the test rows."""
import numpy as np

from . import scores

ROUNDS = 200


def best_copies(fp32, decibels):
    """What the best of some noisy copies of fp32 reaches on its test rows, in each of many rounds.

    A copy for each SQNR in `decibels`: fp32's logits and independent normal noise. Rows right, or a regression's score.
    """
    generator = np.random.default_rng(0)
    strengths = [float(np.sqrt((fp32.logits ** 2).mean() * 10 ** (-value / 10))) for value in decibels]

    def copy(strength):
        noisy = fp32.logits + generator.normal(0, strength, fp32.logits.shape)
        right = scores.right(noisy, fp32.answers)
        return scores.score(fp32.metric, noisy, fp32.answers) if right is None else right

    return [max(map(copy, strengths)) for _ in range(ROUNDS)]
