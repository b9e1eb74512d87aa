// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace ecram::device {

/// A row of barriers between two places, left and right: two cells of a layer, or the interphase's two faces.
///
///     J = (rate a/n) (sinh w / w) [c_l (1 - c_r/S_r) B(-P) - c_r (1 - c_l/S_l) e^g B(P)],    B(x) = x/(e^x - 1)
///
/// with the potential drop P (left less right) in units of k T over the vacancy's charge, n barriers of the distance a,
/// and w = P/(2n) the drop to the top of one barrier. Quasi-steady between the two places. No flux in equilibrium,
/// exactly; Einstein's relation at small P, Mott and Gurney's sinh law (Electronic Processes in Ionic Crystals, 1948)
/// at large P; n = 1 is Butler and Volmer's law with a transfer coefficient of 1/2.
struct Barriers {
  double rate = 0;                         ///< hops through one barrier, times its distance: nu a exp(-E/(k T)), m/s
  double number = 1;                       ///< n; may be a fraction (a cell narrower than a hop)
  double left_sites = 0, right_sites = 0;  ///< S, 1/m^3
  double height = 0;                       ///< of a barrier, in k T: the field can take no more than that from it
  double step = 1;                         ///< e^g, g the energy on the right less that on the left in k T
};

/// Share of the sites that are free, 1 - c/S, and its derivative by the density. Where all sites are taken nothing
/// moves, so nothing would undo what an integrator's step overfills: there the share goes over smoothly, within 0.1 %
/// of the sites, into none, and the rest, `excess`, flows off whatever the field. Below 97 % there is no excess.
struct Free {
  double share = 0, slope = 0;
  double excess = 0, excess_slope = 0;  ///< 1/m^3, and for each 1/m^3
};
Free free_sites(double density, double sites);

/// 1/(m^2 s) to the right, with its derivatives.
struct Flux {
  double value = 0;
  double by_left = 0, by_right = 0;  ///< m/s
  double by_drop = 0;                ///< for each unit of P
};

/// @param left, right  densities, 1/m^3
Flux flux(const Barriers& barriers, double left, double right, double drop);

}  // namespace ecram::device
