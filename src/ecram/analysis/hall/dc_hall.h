// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "ecram/analysis/hall/ac_hall.h"
#include "ecram/analysis/hall/read_hall.h"

namespace ecram::analysis {

/// Hall readings at set fields and currents.
struct DcHallRecord {
  std::vector<double> field, current, voltage_xy;  ///< T, A, V
  std::vector<double> voltage_xx;                  ///< V; may be empty
  std::vector<std::vector<double>> temperature;    ///< K, one column a sensor
  std::size_t missing = 0;                         ///< rows of the file that lack a value and were left out
};

/// What a record of set fields says.
struct DcHallResult : HallFilm {
  std::string method;
};

/// What the instruments can show.
struct HallFloors {
  double voltage = 0;  ///< V: smaller Hall voltages are not reported
  double current = 0;  ///< A: smaller currents are refused
};

/// Least squares on V_xy = I (R_0 + b B [+ q B^2]) + V_0 over all readings. Reversed field separates the Hall term from
/// the offset, reversed current the offset from thermal voltages; V_0 is fitted only if the current was reversed or
/// varied. The even term is fitted where it is significant, and where the field was varied, not reversed, wherever the
/// readings tell it: without it magnetoresistance of the offset would be Hall slope there, which a warning says. The
/// same for V_xx, whose resistance is that at no field then. Readings that fit to their ninth digit say nothing of
/// their error: it is NaN then, with a warning.
///
/// @throws InvalidInput  if the field was neither reversed nor varied, for no more readings than unknowns, currents
/// below
///                       their floor, V_xx and V_xy swapped, impossible temperatures
DcHallResult analyse_dc_hall(const DcHallRecord& record, const HallBar& bar, double hall_factor = 1,
                             const HallFloors& floors = {});

DcHallRecord read_dc_hall(const std::filesystem::path& path, const HallColumns& columns, ThreadPool& threads);

/// The readings of ASTM F76 on a van der Pauw sample: "21,34" is the current into contact 2 and out of 1, the
/// potential of 3 minus that of 4.
struct VanDerPauwReading {
  std::string configuration;
  double current = 0, voltage = 0, field = 0;  ///< A, V, T
  std::vector<double> temperature = {};        ///< K, of each sensor
};

/// Sheet resistance from the eight readings without field, through the f of van der Pauw that solves
/// (Q - 1)/(Q + 1) = (f / ln 2) arcosh(exp(ln 2 / f) / 2), and the Hall coefficient from the readings across the
/// diagonals at both fields, which have to be steady. "Without field" is a tenth of the Hall readings' field at the
/// most, or 50 mT where there are none: magnets have a remanence, sensors a zero. Pairs that disagree by more than 10 %
/// (F76's limit) are warned of.
///
/// Source: ASTM F76-08, sections 10 and 11; van der Pauw, Philips Res. Rep. 13, 1 (1958).
DcHallResult analyse_van_der_pauw(const std::vector<VanDerPauwReading>& readings, double thickness,
                                  double hall_factor = 1, const HallFloors& floors = {});

/// The f of van der Pauw for a ratio Q of the two resistances (or its inverse).
double van_der_pauw_f(double ratio);

std::vector<VanDerPauwReading> read_van_der_pauw(const std::filesystem::path& path, ThreadPool& threads);

/// A text export of Lake Shore's Hall system, as it stands: parameters of the sample, and steps with parameters and
/// tables of their own.
struct LakeShoreTable {
  std::string contact_set;                   ///< "R12,12" where the table has one
  std::vector<std::string> names;            ///< "Hall Coefficient"
  std::vector<std::vector<double>> columns;  ///< SI; NaN where the file says ERROR or overflows (1E+101)
  std::vector<std::size_t> lines;            ///< of the file, of each row
};
struct LakeShoreStep {
  std::string name;
  std::vector<LakeShoreTable> tables;
};
struct LakeShoreExport {
  std::vector<std::pair<std::string, std::string>> parameters;
  std::vector<LakeShoreStep> steps;
  double thickness = 0;  ///< m; NaN if not stated
};

/// Does the file begin with [Sample parameters]?
bool is_lake_shore_export(const std::filesystem::path& path);

/// Latin-1 or UTF-8. Columns of other names are kept as NaN.
///
/// @throws InvalidInput  "file:line: ..." for a file that is not one, a unit that is not the column's, a row with
/// another
///                       number of cells than headings, and numbers that cannot be (a thickness, a temperature)
LakeShoreExport read_lake_shore(const std::filesystem::path& path);

/// Resistance of a contact set from an I-V curve of the export.
struct ContactCurve {
  std::string contact_set;
  Estimate resistance;           ///< ohm
  double largest_deviation = 0;  ///< of a reading from the straight line, over the largest voltage
  bool linear = true;            ///< that is below 2 %
};
std::vector<ContactCurve> contact_curves(const LakeShoreExport& file);

/// Every row that holds a Hall coefficient and a resistivity (a sheet's go by the thickness), with what the file says
/// of it; standard errors are NaN, for the file states none. Density (with its sign) and mobility of the file are
/// checked against them: a row that contradicts itself is warned of.
///
/// @throws InvalidInput  for rows of Hall coefficients none of which can be used, and a sheet's without a thickness
std::vector<DcHallResult> lake_shore_points(const LakeShoreExport& file, double hall_factor = 1);

}  // namespace ecram::analysis
