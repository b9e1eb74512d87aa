// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "ecram/analysis/hall/ac_hall.h"
#include "ecram/analysis/hall/dc_hall.h"
#include "ecram/report/figure.h"

/// Hall results for people and for programs.
namespace ecram::report {

/// "n", "p" or "not detected".
const char* carrier_word(analysis::Carrier carrier);

/// What docs/hall.md lists of an AC record.
nlohmann::ordered_json hall_json(const analysis::HallResult& result);

/// What docs/hall.md lists of a DC record or point.
nlohmann::ordered_json dc_hall_json(const analysis::DcHallResult& result);

/// The same for a terminal, the warnings last.
std::string hall_text(const analysis::HallResult& result);
std::string dc_hall_text(const analysis::DcHallResult& result);

/// One line: a contact set's resistance from its I-V curve, and whether it is one.
std::string contact_curve_text(const analysis::ContactCurve& curve);

/// The axes, the current's direction and the arms' polarity in one line.
std::string hall_axes_text(const analysis::HallBar& bar, double hall_factor);

/// The Hall bar to scale, with the axes, the current's direction and the arms' polarity.
Panel hall_bar_panel(const analysis::HallBar& bar);

/// The panels of Fig. 2a: the record with its fit, what is left without offset and drift, the spectra of R_xy and of B,
/// and the lock-in period by period.
std::vector<Panel> hall_record_panels(const analysis::HallResult& result);

/// Those, the Hall voltage against the field, the whitened residuals, and the bar.
Figure hall_figure(const analysis::HallResult& result, const analysis::HallBar& bar);

/// Temperature, resistivity, density and mobility with standard errors, as CSV that `ecram transport` reads.
struct HallRow {
  double temperature = 0;
  Estimate resistivity, density, mobility;
};
std::string hall_table_csv(const std::vector<HallRow>& rows);

/// The record as the fit saw it, as CSV.
std::string hall_trace_csv(const analysis::HallResult& result);

}  // namespace ecram::report
