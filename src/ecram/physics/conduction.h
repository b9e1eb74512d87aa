// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace ecram::physics {

/// How a film's resistivity goes with temperature. x is ln(rho0) or ln(sigma0), T0 and E the other parameter:
///
///     mott_3d, mott_2d, efros_shklovskii    rho = rho0 exp[(T0/T)^p],  p = 1/4, 1/3, 1/2
///     nearest_neighbour, band               rho = rho0 exp[E/(k T)]
///     small_polaron_adiabatic               rho = rho0 T exp[E/(k T)]
///     small_polaron_nonadiabatic            rho = rho0 T^(3/2) exp[E/(k T)]
///     band_donor                            rho = rho0 T^(-3/4) exp[E/(k T)]
///
/// The last is a constant mobility times the density that a donor at depth 2 E gives without compensation, with the
/// conduction band's density of states going as T^(3/2); with compensation its depth is E and the power T^(-3/2).
///
/// Sources: Mott, Phil. Mag. 19, 835 (1969); Efros and Shklovskii, J. Phys. C 8, L49 (1975); Holstein, Ann. Phys. 8,
/// 343 (1959), Emin and Holstein, Ann. Phys. 53, 439 (1969); Sze and Ng, Physics of Semiconductor Devices, ch. 1.
enum class ConductionLaw {
  mott_3d,
  mott_2d,
  efros_shklovskii,
  nearest_neighbour,
  small_polaron_adiabatic,
  small_polaron_nonadiabatic,
  band_donor,
};

inline constexpr ConductionLaw conduction_laws[] = {
    ConductionLaw::mott_3d,
    ConductionLaw::mott_2d,
    ConductionLaw::efros_shklovskii,
    ConductionLaw::nearest_neighbour,
    ConductionLaw::small_polaron_adiabatic,
    ConductionLaw::small_polaron_nonadiabatic,
    ConductionLaw::band_donor,
};

/// "mott_3d" and so on.
std::string_view name(ConductionLaw law);

/// Does its second parameter mean a temperature T0 (K), or an energy E (J)?
bool has_characteristic_temperature(ConductionLaw law);

/// p of exp[(T0/T)^p]; 1 for the laws with an energy.
double exponent(ConductionLaw law);

/// ln(rho/rho0) at a temperature, for the given T0 (K) or E (J).
double log_resistivity(ConductionLaw law, double characteristic, double temperature);

/// Local activation energy of the resistivity, k d ln(rho) / d(1/T), in joule.
double activation_energy(ConductionLaw law, double characteristic, double temperature);

/// What hopping by Mott's law says of the film, for a density of localised states assumed or a localisation length.
struct Hopping {
  double localisation_length = 0;  ///< m
  double density_of_states = 0;    ///< 1/(J m^3); in two dimensions 1/(J m^2)
  double distance = 0;             ///< m, the most probable hop at the temperature
  double energy = 0;               ///< J, its energy
};

/// With the density of states g at the Fermi level: 3D T0 = 21.2 / (k g xi^3), R = (3/8) xi (T0/T)^(1/4),
/// W = (1/4) k T (T0/T)^(1/4); 2D T0 = 13.8 / (k g xi^2), R = (1/3) xi (T0/T)^(1/3), W = (1/3) k T (T0/T)^(1/3).
/// Source: Shklovskii and Efros, Electronic Properties of Doped Semiconductors (1984), ch. 9.
///
/// @throws InvalidInput  for a law that is not Mott's, or numbers that are not positive
Hopping mott_hopping(ConductionLaw law, double t0, double density_of_states, double temperature);

/// The same from a localisation length (m).
Hopping mott_hopping_of_length(ConductionLaw law, double t0, double localisation_length, double temperature);

/// A donor in a band, for the freeze-out of carriers.
struct Donor {
  double density = 0;         ///< 1/m^3
  double depth = 0;           ///< J below the band's edge
  double compensation = 0;    ///< acceptors over donors, 0 to below 1
  double effective_mass = 1;  ///< of the band, in electron masses
  double degeneracy = 2;      ///< of the donor's ground state
};

/// Density of electrons in the band, in 1/m^3, from charge neutrality n + N_A = N_D / (1 + n/n1) with
/// n1 = (N_c/g) exp(-E_D/(k T)), N_c = 2 (2 pi m k T / h^2)^(3/2): a quadratic equation for n.
/// Not for densities above N_c, where the band is degenerate.
///
/// @throws InvalidInput  for a temperature or density that is not positive, a compensation outside 0 to 1
double freeze_out_density(const Donor& donor, double temperature);

/// N_c of a parabolic band, 1/m^3.
double band_density_of_states(double effective_mass, double temperature);

}  // namespace ecram::physics
