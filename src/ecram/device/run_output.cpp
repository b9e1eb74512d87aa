// SPDX-License-Identifier: Apache-2.0
#include "ecram/device/run_output.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <limits>

#include <fmt/format.h>
#include <hdf5.h>

#include "ecram/core/errors.h"
#include "ecram/core/files.h"

namespace ecram::device {
namespace {

/// A column of the readings: name with unit, and its number.
struct Column {
  const char* name;
  const char* unit;
  std::function<double(const RunReading&)> number;
};

std::vector<Column> columns(const Protocol& protocol) {
  const auto direction = [&](const RunReading& r) {
    const auto& what = protocol.steps[r.step].what;
    const bool pulsed = std::holds_alternative<PulseTrainStep>(what) || std::holds_alternative<EnduranceStep>(what);
    return !pulsed ? std::numeric_limits<double>::quiet_NaN() : r.down ? -1.0 : 1.0;
  };
  std::vector<Column> all{
      {"step", "", [](const RunReading& r) { return static_cast<double>(r.step + 1); }},
      {"cycle", "", [](const RunReading& r) { return static_cast<double>(r.cycle + 1); }},
      {"direction", "", direction},
      {"pulse", "", [](const RunReading& r) { return static_cast<double>(r.pulse); }},
      {"time", "s", [](const RunReading& r) { return r.time; }},
      {"gate", "V", [](const RunReading& r) { return r.gate; }},
      {"temperature", "K", [](const RunReading& r) { return r.temperature; }},
      {"conductance", "S", [](const RunReading& r) { return r.conductance; }},
      {"density", "cm^-3", [](const RunReading& r) { return r.hall_density * 1e-6; }},
      {"mobility", "cm^2/V/s", [](const RunReading& r) { return r.hall_mobility * 1e4; }},
      {"gate_current", "A", [](const RunReading& r) { return r.gate_current; }},
      {"energy", "J", [](const RunReading& r) { return r.energy; }},
  };
  if (protocol.population.devices > 1) {
    all.push_back({"spread", "S", [](const RunReading& r) { return r.spread; }});
    all.push_back({"low", "S", [](const RunReading& r) { return r.low; }});
    all.push_back({"high", "S", [](const RunReading& r) { return r.high; }});
  }
  return all;
}

/// An HDF5 identifier that closes itself.
class Handle {
 public:
  using Close = herr_t (*)(hid_t);
  Handle(hid_t id, Close close) : id_(id), close_(close) { require(id_ >= 0); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { close_(id_); }
  operator hid_t() const { return id_; }  // NOLINT(google-explicit-constructor): stands for the identifier

  static void require(bool good) {
    if (!good) throw Failure("HDF5 could not lay out the run");
  }

 private:
  hid_t id_;
  Close close_;
};

void write_text(hid_t owner, const char* name, const std::string& text) {
  const Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  Handle::require(H5Tset_size(type, std::max<std::size_t>(text.size(), 1)) >= 0 &&
                  H5Tset_cset(type, H5T_CSET_UTF8) >= 0);
  const Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  const Handle attribute(H5Acreate2(owner, name, type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  Handle::require(H5Awrite(attribute, type, text.c_str()) >= 0);
}

void write_numbers(hid_t owner, const char* name, const char* unit, const std::vector<double>& values,
                   const std::vector<hsize_t>& shape) {
  const Handle space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), H5Sclose);
  const Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  Handle::require(H5Pset_obj_track_times(properties, false) >= 0);
  const Handle data(H5Dcreate2(owner, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, properties, H5P_DEFAULT), H5Dclose);
  Handle::require(values.empty() ||
                  H5Dwrite(data, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0);
  if (*unit != 0) write_text(data, "units", unit);
}

}  // namespace

std::string_view kind(const ProtocolStep& step) {
  constexpr std::string_view names[] = {"pulses", "sweep", "retention", "endurance", "temperature"};
  return names[step.what.index()];
}

std::string readings_csv(const Protocol& protocol, const RunResult& result) {
  const auto all = columns(protocol);
  std::string text;
  auto out = std::back_inserter(text);
  for (const Column& c : all)
    fmt::format_to(out, "{}{}{}{}", &c == all.data() ? "" : ",", c.name, *c.unit != 0 ? "_" : "", c.unit);
  const std::size_t kept = result.readings.empty() ? 0 : result.readings.front().each.size();
  for (std::size_t i = 0; i < kept; ++i) fmt::format_to(out, ",device_{}_S", i + 1);
  text += '\n';
  for (const RunReading& r : result.readings) {
    for (const Column& c : all) {
      if (&c != all.data()) text += ',';
      if (const double x = c.number(r); !std::isnan(x)) fmt::format_to(out, "{:.9g}", x);  // empty: not there
    }
    for (const double g : r.each) fmt::format_to(out, ",{:.9g}", g);
    text += '\n';
  }
  return text;
}

void write_run_file(const std::filesystem::path& path, const Protocol& protocol, const RunResult& result,
                    const std::string& device, const std::string& model) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  // Laid out in memory: `write_file` puts it on disk whole, HDF5 itself would not.
  Handle::require(H5Pset_fapl_core(access, std::size_t{1} << 20, false) >= 0);
  const Handle file(H5Fcreate("run", H5F_ACC_TRUNC, H5P_DEFAULT, access), H5Fclose);
  write_text(file, "format", "ecramlab device run");
  write_text(file, "version", "1");
  write_text(file, "title", protocol.title);
  write_text(file, "device", device);
  write_text(file, "model", model);
  write_text(file, "interrupted", result.interrupted ? "yes" : "no");
  write_text(file, "beyond_tables", result.beyond_tables ? "yes" : "no");
  {
    const Handle group(H5Gcreate2(file, "readings", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
    for (const Column& c : columns(protocol)) {
      std::vector<double> values;
      std::ranges::transform(result.readings, std::back_inserter(values), c.number);
      write_numbers(group, c.name, c.unit, values, {values.size()});
    }
    const std::size_t kept = result.readings.empty() ? 0 : result.readings.front().each.size();
    if (kept > 0) {
      std::vector<double> each;
      for (const RunReading& r : result.readings) each.insert(each.end(), r.each.begin(), r.each.end());
      write_numbers(group, "each", "S", each, {result.readings.size(), kept});
    }
  }
  Handle::require(H5Fflush(file, H5F_SCOPE_GLOBAL) >= 0);
  const ssize_t size = H5Fget_file_image(file, nullptr, 0);
  Handle::require(size >= 0);
  std::string image(static_cast<std::size_t>(size), '\0');
  Handle::require(H5Fget_file_image(file, image.data(), image.size()) == size);
  write_file(path, image);
}

}  // namespace ecram::device
