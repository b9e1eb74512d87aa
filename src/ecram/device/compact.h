// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <vector>

#include "ecram/core/thread_pool.h"
#include "ecram/device/parameters.h"
#include "ecram/device/pulse_kernel.h"

/// The compact model of docs/device.md: one slow number (vacancies per area in the channel), one fast one (the gate
/// voltage that the double layer has followed), and tables of what the quasi-steady stack then does.
namespace ecram::device {

/// What the tables cover. Beyond their ends their values are held.
struct CompactRange {
  double content_low = 0, content_high = 0;  ///< vacancies per area, 1/m^2
  double gate_low = 0, gate_high = 0;        ///< V
  std::size_t content_nodes = 65;            ///< even in ln N
  double gate_step = 0.1;                    ///< V at most
};

/// Tables of the quasi-steady stack at one temperature, cubic in ln N and V between their nodes (Keys, IEEE Trans.
/// Acoust. Speech Signal Process. 29, 1153 (1981)).
class CompactTable {
 public:
  CompactTable(const MaterialConstants& constants, const Device& device, const CompactRange& range, double temperature,
               ThreadPool& threads);

  struct Rates {
    double into_channel, out_of_channel;  ///< 1/(m^2 s)
  };
  Rates rates(double log_content, double gate) const;
  double log_sheet_conductance(double log_content, double gate) const;  ///< ln(S per square)
  double hall_sheet_density(double log_content, double gate) const;     ///< 1/m^2

  /// The gate voltage at which the quasi-steady double layer has this charge (C/m^2), V; the range's end beyond it.
  double gate_of_charge(double log_content, double charge) const;

  /// The gate voltage at which the quasi-steady film has this sheet conductance (S), likewise.
  double gate_of_conductance(double log_content, double sheet_conductance) const;

  double double_layer_time() const { return double_layer_time_; }  ///< s
  double ends_conductance() const { return ends_; }                ///< S, infinite where there are none

 private:
  struct Place {
    std::size_t row[4], column[4];
    double by_row[4], by_column[4];
  };
  Place place(double log_content, double gate) const;
  double interpolate(const std::vector<double>& values, const Place& p) const;
  double gate_where(const std::vector<double>& values, double log_content, double wanted) const;

  double low_, step_, gate_low_, gate_step_;
  std::size_t rows_, columns_;
  double double_layer_time_, ends_;
  std::vector<double> into_, out_of_, conductance_, hall_;  ///< logarithms; [row * columns + column]
  std::vector<double> charge_;                              ///< C/m^2
};

/// A device, its tables made when a temperature is first asked for.
class CompactModel {
 public:
  /// @throws InvalidInput  for constants or a device that are not physical, or a range that is empty
  CompactModel(const MaterialConstants& constants, const Device& device, const CompactRange& range,
               ThreadPool& threads);

  const CompactTable& at(double temperature) const;
  const MaterialConstants& material() const { return constants_; }
  const Device& device() const { return device_; }
  const CompactRange& range() const { return range_; }

  /// Conductance between source and drain, ends in series, S.
  /// @param content  vacancies per area, 1/m^2
  /// @param gate     V that the double layer has followed
  double conductance(double content, double gate, double temperature) const;

 private:
  MaterialConstants constants_;
  Device device_;
  CompactRange range_;
  ThreadPool* threads_;
  mutable std::map<double, std::unique_ptr<CompactTable>> tables_;
};

/// What the kernel counts as u = 0 ... 1: contents between two, evenly or by their logarithm.
struct Coordinate {
  double low = 0, high = 0;  ///< 1/m^2
  bool logarithmic = false;

  double content(double u) const;
  double of(double content) const;
  double slope(double content) const;  ///< du/dN
};

}  // namespace ecram::device
