# SPDX-License-Identifier: Apache-2.0
"""The methods of `ecram hall` and `ecram transport` with NumPy and SciPy, to compare times with.

    python3 bench/peers/hall_peer.py

Prints seconds for: one record of a million readings (spikes by running median, binning, generalised least squares in
white and 1/f noise whose strength comes from restricted likelihood, dense covariance of the bins); 26 records of 2,400
readings; 10,000 bootstrap fits of Mott's law to 26 points. File reading is not timed.
"""
import time

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.ndimage import median_filter
from scipy.optimize import minimize_scalar


def record(samples, duration, rng):
    t = np.linspace(0, duration, samples, endpoint=False)
    field = 0.6 * np.cos(2 * np.pi * 0.0125 * t)
    voltage = 1.7e-3 * (1 + 0.5 * t / duration) - 1.7e-4 * field + 1e-5 * rng.standard_normal(samples)
    return t, field, voltage


def relaxations(t):
    """Covariance of 1/f noise: relaxations of equal power, evenly spaced in ln(rate)."""
    apart = np.abs(t[:, None] - t[None, :])
    rates = np.geomspace(0.5 * np.pi / t[-1], np.pi / (t[1] - t[0]), 6)
    return sum(np.exp(-rate * apart) for rate in rates)


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
    slow = relaxations(tb)

    def deviance(log_flicker):
        factor = cho_factor(np.diag(1.0 / count) + np.exp(log_flicker) * slow, lower=True)
        kx, ky = cho_solve(factor, x), cho_solve(factor, v)
        normal = x.T @ kx
        beta = np.linalg.solve(normal, x.T @ ky)
        rss = v @ ky - beta @ (x.T @ ky)
        return ((bins - x.shape[1]) * np.log(rss) + 2 * np.sum(np.log(np.diag(factor[0])))
                + np.linalg.slogdet(normal)[1])

    return minimize_scalar(deviance, bounds=(-16, 8), method="bounded", options={"xatol": 0.05}).x


def bootstrap(rng, draws=10000):
    t = np.linspace(50, 300, 26)
    x = t**-0.25
    y = 3.083e7**0.25 * x + 0.01 * rng.standard_normal(26)
    slope, level = np.polyfit(x, y, 1)
    rest = y - level - slope * x
    t0 = np.empty(draws)
    for i in range(draws):
        sample = level + slope * x + rng.choice(rest, 26)
        t0[i] = np.polyfit(x, sample, 1)[0] ** 4
    return np.std(t0)


def timed(name, work):
    start = time.perf_counter()
    work()
    print(f"{name} {time.perf_counter() - start:.4f}", flush=True)


def main():
    rng = np.random.default_rng(1)
    million = record(1_000_000, 1200, rng)
    sweep = [record(2400, 1200, rng) for _ in range(26)]
    timed("million_readings_s", lambda: analyse(*million))
    timed("sweep_s", lambda: [analyse(*r) for r in sweep])
    timed("bootstrap_s", lambda: bootstrap(rng))


if __name__ == "__main__":
    main()
