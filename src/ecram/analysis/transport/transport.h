// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "ecram/core/estimate.h"
#include "ecram/core/thread_pool.h"
#include "ecram/core/warning.h"
#include "ecram/physics/conduction.h"

namespace ecram::analysis {

/// A quantity against temperature with standard errors; empty where the table has none, errors 0 where not stated.
struct TemperatureSeries {
  std::vector<double> temperature, value, error;
  bool empty() const { return value.empty(); }
};

/// A temperature series, temperatures rising.
struct TransportTable {
  std::string source;
  TemperatureSeries resistivity;  ///< ohm m (of a resistance or conductance: a fixed multiple of it)
  TemperatureSeries density;      ///< 1/m^3 (or 1/m^2)
  TemperatureSeries mobility;     ///< m^2/(V s)
  bool sheet_density = false;     ///< density is per area
  std::vector<Warning> warnings;
};

/// Columns temperature, resistivity (or resistance, conductivity, conductance), density, mobility, each but the first
/// optional, and NAME_error for standard errors, all with units; docs/transport.md.
///
/// @throws InvalidInput  "file:line: ..." for temperatures that repeat or are not positive, and values that are not
TransportTable read_transport_table(const std::filesystem::path& path, ThreadPool& threads);

/// One conduction law fitted to ln(rho).
struct LawFit {
  physics::ConductionLaw law{};
  Estimate log_prefactor;   ///< ln(rho0)
  Estimate characteristic;  ///< T0 in kelvin, or E in joule
  Estimate bootstrap;       ///< the same by bootstrap of the residuals: its spread and percentiles
  double correlation = 0;   ///< between the errors of ln(rho0) and of T0^p or E
  double chi2 = 0, aicc = 0;
  double weight = 0;  ///< Akaike weight among the laws fitted
};

/// Least squares of ln(rho) on the law, which is linear in ln(rho0) and in T0^p or E. Errors of rho enter as relative
/// errors of equal unknown scale; where none are stated all points count alike.
///
/// @param bootstrap  resamplings of the standardised residuals; 0: none
/// @throws InvalidInput  for fewer than 4 points
LawFit fit_law(physics::ConductionLaw law, const TemperatureSeries& resistivity, std::size_t bootstrap = 0,
               std::uint64_t seed = 1);

/// Straight line of ln(y) against 1/T.
struct ArrheniusWindow {
  double from = 0, to = 0;  ///< K
  std::size_t points = 0;
  Estimate energy;  ///< J; positive for a y that rises with temperature
};

/// Energy of y = y0 T^power exp(-E/(k T)) by least squares on the ln scale.
Estimate arrhenius_energy(const TemperatureSeries& y, double power = 0);

/// Windows begin and end at this many places of a table at most.
inline constexpr std::size_t most_window_edges = 64;

/// The same in every window of at least `least` neighbouring points (3 or more). In a table of 64 points or more the
/// windows begin and end at 64 places, evenly spread over the points, both ends among them: 2,016 windows at most, in a
/// time that grows with the number of points only.
std::vector<ArrheniusWindow> arrhenius_windows(const TemperatureSeries& y, std::size_t least = 5);

struct TransportOptions {
  double from = 0, to = 0;            ///< K, of the fit; 0: all
  double localisation_length = 1e-9;  ///< m, assumed
  /// Assumed instead of the length: 1/(J m^3) for Mott's law in three dimensions, 1/(J m^2) for that in two.
  std::optional<double> density_of_states, sheet_density_of_states;
  double effective_mass = 1, degeneracy = 2;  ///< of the band and the donor, for freeze-out
  std::size_t bootstrap = 1000;
  std::uint64_t seed = 1;
};

/// A point of the Zabrodskii plot.
struct ReducedActivation {
  double temperature = 0;  ///< K
  std::size_t points = 0;  ///< readings in its window
  Estimate w;              ///< -d ln(rho) / d ln(T)
};

/// A donor fitted to n(T) by charge neutrality, with intervals of the profile likelihood. Unknown is what the data
/// leave open: all of it where a compensated and an uncompensated donor do as well, the compensation alone where it may
/// be none.
struct FreezeOut {
  Estimate density, depth, compensation;  ///< 1/m^3, J, 1
  double compensation_below = 1;          ///< upper end of its 95 % interval, where density and depth are known
  bool determined = false;                ///< all three are
};

/// Mott's laws or small polarons, by the Akaike weights of the better law of either.
enum class Preference {
  undetermined,  ///< odds below ten to one, no law fits, or temperatures within 1 %
  mott,
  small_polaron,
  neither,  ///< another law is better than both beyond chance
};

struct TransportResult {
  TransportTable used;             ///< the points within the window
  std::vector<LawFit> laws;        ///< best first; empty without resistivity
  double three_dimensional = 0.5;  ///< Akaike weight of Mott's law in 3D against that in 2D
  std::string dimension;           ///< "3D", "2D"; "undetermined" with odds below 2 to 1, and without a hop
  Preference preference = Preference::undetermined;
  bool hopping_preferred = false;  ///< the preference is Mott's
  Estimate exponent;               ///< p of exp[(T0/T)^p] with p free; not of a resistivity that does not fall
  /// Zabrodskii plot: w in windows of one width in ln(T), by straight lines; no point shares a reading with another.
  std::vector<ReducedActivation> zabrodskii_plot;
  Estimate zabrodskii_exponent;         ///< p of w = A T^-p through it
  std::optional<physics::Hopping> hop;  ///< at 300 K, where Mott's laws are preferred and the hop is one that can be
  bool hop_of_states = false;           ///< its length is from a density of states, else assumed itself
  physics::ConductionLaw hop_law{};     ///< of the hop: the law of the density of states, or the better one
  Estimate conductivity_energy, density_energy;  ///< J, straight lines
  Estimate density_energy_band;                  ///< J, of n/T^1.5
  std::vector<ArrheniusWindow> windows;          ///< of n, or of 1/rho where there is no n
  Estimate mobility, mobility_power;             ///< mean (geometric), and q of mu ~ T^q
  std::optional<FreezeOut> freeze_out;
  std::vector<Warning> warnings;
};

/// Errors that are those of rounding only are NaN (warning fits_to_rounding).
///
/// @throws InvalidInput  if fewer than 4 points of resistivity or density are in the window
TransportResult analyse_transport(const TransportTable& table, const TransportOptions& options = {});

}  // namespace ecram::analysis
