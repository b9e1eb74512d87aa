# SPDX-License-Identifier: Apache-2.0
"""The methods of `ecram hall` and `ecram transport` with NumPy and SciPy, to compare times with.

    python3 bench/peers/hall_peer.py

Prints processor seconds, of one core, for: one record of a million readings (spikes by running median, binning, generalised least squares in
white and 1/f noise whose strength comes from restricted likelihood; the noise's relaxations are states of a Markov
chain, so that every matrix is banded and LAPACK does the work); 26 records of 2,400 readings; 10,000 bootstrap fits of
Mott's law to 26 points, all of them as one matrix product. File reading is not timed. bench/hall_bench runs it.
"""
import os
import time

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy looks: one core, as the other side

import numpy as np
from scipy.linalg import cho_solve_banded, cholesky_banded
from scipy.ndimage import median_filter
from scipy.optimize import minimize_scalar


def record(samples, duration, rng):
    t = np.linspace(0, duration, samples, endpoint=False)
    field = 0.6 * np.cos(2 * np.pi * 0.0125 * t)
    voltage = 1.7e-3 * (1 + 0.5 * t / duration) - 1.7e-4 * field + 1e-5 * rng.standard_normal(samples)
    return t, field, voltage


class ColouredNoise:
    """Covariance K = diag(1/count) + flicker * sum over k of exp(-rate_k |t - t'|), by the precision of the states.

    With P = Q + A' diag(count) A, Q the states' (block tridiagonal) precision and A the sum over the states:
    K^-1 = N - N A P^-1 A' N for N = diag(count), ln det K = ln det P - ln det Q - sum ln count.
    """

    def __init__(self, t, count, rates):
        self.count, self.states = count, len(rates)
        fade = np.exp(-np.diff(t)[:, None] * rates)
        gain = 1 / (1 - fade**2)
        self.diagonal = np.ones((len(t), self.states))
        self.diagonal[1:] += gain - 1
        self.diagonal[:-1] += fade**2 * gain
        self.beside = np.zeros((len(t), self.states))
        self.beside[:-1] = -fade * gain
        self.log_gain = np.sum(np.log(gain))

    def solve(self, flicker, columns):
        """K^-1 columns, and ln det K."""
        k, n = self.states, len(self.count)
        band = np.zeros((k + 1, n * k))
        band[0] = (self.diagonal / flicker + self.count[:, None]).ravel()
        for below in range(1, k):  # a state below another of the same sample
            band[below].reshape(n, k)[:, : k - below] = self.count[:, None]
        band[k] = self.beside.ravel() / flicker
        factor = cholesky_banded(band, lower=True, check_finite=False)
        weighted = self.count[:, None] * columns
        inner = cho_solve_banded((factor, True), np.repeat(weighted, k, axis=0), check_finite=False)
        solved = weighted - self.count[:, None] * inner.reshape(n, k, -1).sum(axis=1)
        log_det = 2 * np.sum(np.log(factor[0])) - self.log_gain + n * k * np.log(flicker) - np.sum(np.log(self.count))
        return solved, log_det


def analyse(t, field, voltage, bins_per_period=40):
    apart = voltage - median_filter(voltage, 9)
    keep = np.abs(apart) <= 7 * 1.4826 * np.median(np.abs(apart))
    periods = 0.0125 * (t[-1] - t[0])
    bins = int(min(len(t), periods * bins_per_period))
    which = np.minimum((t / t[-1] * bins).astype(int), bins - 1)[keep]
    count = np.maximum(np.bincount(which, minlength=bins), 1)
    mean = lambda v: np.bincount(which, v[keep], minlength=bins) / count
    tb, b, v = mean(t), mean(field), mean(voltage)
    s = 2 * tb / tb[-1] - 1
    x = np.column_stack([b, np.gradient(b, tb), b**2 - np.mean(b**2)]
                        + [np.polynomial.legendre.Legendre.basis(k)(s) for k in range(9)])
    x /= np.sqrt(np.mean(x**2, axis=0))
    noise = ColouredNoise(tb, count, np.geomspace(0.5 * np.pi / tb[-1], np.pi / (tb[1] - tb[0]), 6))
    columns = np.column_stack([x, v])

    def deviance(log_flicker):
        solved, log_det = noise.solve(np.exp(log_flicker), columns)
        normal = columns.T @ solved
        beta = np.linalg.solve(normal[:-1, :-1], normal[:-1, -1])
        rss = normal[-1, -1] - beta @ normal[:-1, -1]
        return (bins - x.shape[1]) * np.log(rss) + log_det + np.linalg.slogdet(normal[:-1, :-1])[1]

    return minimize_scalar(deviance, bounds=(-16, 8), method="bounded", options={"xatol": 0.05}).x


def bootstrap(rng, draws=10000):
    t = np.linspace(50, 300, 26)
    x = t**-0.25
    y = 3.083e7**0.25 * x + 0.01 * rng.standard_normal(26)
    slope, level = np.polyfit(x, y, 1)
    rest = y - level - slope * x
    samples = level + slope * x + rng.choice(rest, (draws, 26))
    centred = x - x.mean()
    return np.std((samples @ centred / (centred @ centred)) ** 4)


def timed(name, work):
    start = time.process_time()
    work()
    print(f"{name} {time.process_time() - start:.4f}", flush=True)


def main():
    rng = np.random.default_rng(1)
    million = record(1_000_000, 1200, rng)
    sweep = [record(2400, 1200, rng) for _ in range(26)]
    timed("million_readings", lambda: analyse(*million))
    timed("sweep_of_26_records", lambda: [analyse(*r) for r in sweep])
    timed("ten_thousand_bootstrap_fits", lambda: bootstrap(rng))


if __name__ == "__main__":
    main()
