// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace ecram::analysis {

/// The exponential law of potentiation and depression in normalised axes, p in [0, 1] the share of the pulses given
/// and S in [0, 1] the share of the window crossed:
///
///     S(p; c) = (1 - exp(-c p)) / (1 - exp(-c)),     c = 1/A.
///
/// c is the signed curvature: positive where the first pulses do most, negative where the last do, and S = p at c = 0,
/// where A has no finite value. With B = (Gmax - Gmin) / (1 - exp(-1/A)) it is the law of NeuroSim,
/// G = Gmin + B (1 - exp(-p/A)).
///
/// Source: Chen, Peng, Yu, IEEE Trans. Comput.-Aided Des. 37, 3067 (2018).
double exponential_law(double p, double curvature);

/// dS/dc of the law above.
double exponential_law_derivative(double p, double curvature);

/// The nonlinearity label of NeuroSim (the "linearity" of Kwak et al.) that belongs to a curvature:
///
///     label = max over p of (S(p) - p) / (0.07 sqrt 2),
///
/// reached at p = A ln(B/A), B = 1/(1 - exp(-1/A)), and therefore (B - A - A ln(B/A)) / (0.07 sqrt 2). An odd and
/// increasing function of c between -10.1 and 10.1; its relative error is below 1e-12.
double nonlinearity_label(double curvature);

/// d(label)/dc.
double nonlinearity_label_derivative(double curvature);

/// The curvature that has this label.
/// @throws InvalidInput  if the label's magnitude is 10.1 (= 1/(0.07 sqrt 2)) or more: no curve has it
double curvature_of_label(double label);

}  // namespace ecram::analysis
