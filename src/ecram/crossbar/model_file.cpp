// SPDX-License-Identifier: Apache-2.0
#include "ecram/crossbar/model_file.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <hdf5.h>

#include "ecram/core/errors.h"
#include "ecram/core/files.h"

namespace ecram::crossbar {
namespace {

constexpr const char* format_name = "ecramlab networks";
constexpr int format_version = 1;

/// An HDF5 identifier that closes itself.
class Handle {
 public:
  using Close = herr_t (*)(hid_t);
  Handle(hid_t id, Close close) : id_(id), close_(close) {
    if (id_ < 0) throw InvalidInput("not there, or not as expected");
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { close_(id_); }
  operator hid_t() const { return id_; }  // NOLINT(google-explicit-constructor): stands for the identifier

 private:
  hid_t id_;
  Close close_;
};

void require(herr_t status) {
  if (status < 0) throw InvalidInput("damaged, or not as expected");
}

/// HDF5 then builds the file in memory: `write_file` puts it on disk whole, HDF5 itself would not.
void keep_in_memory(hid_t access) {
  constexpr std::size_t growth = std::size_t{1} << 20;
  require(H5Pset_fapl_core(access, growth, false));
}

void write_text(hid_t owner, const char* name, std::string_view text) {
  const Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  require(H5Tset_size(type, text.size()));
  const Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  const Handle attribute(H5Acreate2(owner, name, type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  require(H5Awrite(attribute, type, text.data()));
}

std::string read_text(hid_t owner, const char* name) {
  const Handle attribute(H5Aopen(owner, name, H5P_DEFAULT), H5Aclose);
  const Handle type(H5Aget_type(attribute), H5Tclose);
  if (H5Tget_class(type) != H5T_STRING || H5Tis_variable_str(type) > 0) require(-1);
  std::string text(H5Tget_size(type), '\0');
  require(H5Aread(attribute, type, text.data()));
  return text;
}

Handle make_group(hid_t owner, const std::string& name) {
  return {H5Gcreate2(owner, name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose};
}

void write_array(hid_t owner, const char* name, const std::vector<float>& values, std::span<const hsize_t> shape) {
  const Handle space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), H5Sclose);
  const Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  require(H5Pset_obj_track_times(properties, false));  // the same networks give the same bytes
  const Handle data(H5Dcreate2(owner, name, H5T_IEEE_F32LE, space, H5P_DEFAULT, properties, H5P_DEFAULT), H5Dclose);
  require(H5Dwrite(data, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()));
}

std::vector<float> read_array(hid_t owner, const char* name, std::span<hsize_t> shape) {
  const Handle data(H5Dopen2(owner, name, H5P_DEFAULT), H5Dclose);
  const Handle space(H5Dget_space(data), H5Sclose);
  if (H5Sget_simple_extent_ndims(space) != static_cast<int>(shape.size())) require(-1);
  require(H5Sget_simple_extent_dims(space, shape.data(), nullptr));
  std::size_t size = 1;
  for (const hsize_t extent : shape) {
    if (extent == 0 || extent > most_units) require(-1);
    size *= extent;
  }
  std::vector<float> values(size);
  require(H5Dread(data, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()));
  if (!std::ranges::all_of(values, [](float v) { return std::isfinite(v); }))
    throw InvalidInput("{} are not all finite", name);
  return values;
}

bool has(hid_t owner, const std::string& name) { return H5Lexists(owner, name.c_str(), H5P_DEFAULT) > 0; }

Network read_network(hid_t group) {
  Network network{activation_named(read_text(group, "activation")), {}};
  for (std::size_t l = 1; has(group, fmt::format("layer_{}", l)); ++l) {
    const std::string name = fmt::format("layer_{}", l);
    naming(name, [&] {
      const Handle layer(H5Gopen2(group, name.c_str(), H5P_DEFAULT), H5Gclose);
      std::array<hsize_t, 2> shape{};
      std::array<hsize_t, 1> outputs{};
      auto weights = read_array(layer, "weights", shape);
      auto biases = read_array(layer, "biases", outputs);
      const bool fits = network.layers.empty() || network.layers.back().outputs == shape[0];
      if (outputs[0] != shape[1] || !fits) throw InvalidInput("its arrays do not fit together");
      network.layers.push_back({shape[0], shape[1], std::move(weights), std::move(biases)});
    });
  }
  if (network.layers.empty()) throw InvalidInput("has no layers");
  return network;
}

}  // namespace

void write_networks(const std::filesystem::path& path, std::span<const Network> networks) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  keep_in_memory(access);
  const Handle file(H5Fcreate("networks", H5F_ACC_TRUNC, H5P_DEFAULT, access), H5Fclose);
  write_text(file, "format", format_name);
  write_text(file, "version", std::to_string(format_version));
  for (std::size_t t = 0; t < networks.size(); ++t) {
    const Handle training = make_group(file, fmt::format("training_{}", t + 1));
    write_text(training, "activation", name(networks[t].activation));
    for (std::size_t l = 0; l < networks[t].layers.size(); ++l) {
      const Layer& layer = networks[t].layers[l];
      const Handle group = make_group(training, fmt::format("layer_{}", l + 1));
      write_array(group, "weights", layer.weights, std::array<hsize_t, 2>{layer.inputs, layer.outputs});
      write_array(group, "biases", layer.biases, std::array<hsize_t, 1>{layer.outputs});
    }
  }
  require(H5Fflush(file, H5F_SCOPE_GLOBAL));
  const ssize_t size = H5Fget_file_image(file, nullptr, 0);
  if (size < 0) throw Failure("{}: HDF5 could not lay out the file", path.string());
  std::string image(static_cast<std::size_t>(size), '\0');
  if (H5Fget_file_image(file, image.data(), image.size()) != size)
    throw Failure("{}: HDF5 could not lay out the file", path.string());
  write_file(path, image);
}

std::vector<Network> read_networks(const std::filesystem::path& path) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  const MappedFile mapped(path);
  return naming(path.string(), [&] {
    const std::string_view bytes = mapped.text();
    if (!bytes.starts_with("\x89HDF\r\n\x1a\n")) throw InvalidInput("is no HDF5 file");
    const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    keep_in_memory(access);
    require(H5Pset_file_image(access, const_cast<char*>(bytes.data()), bytes.size()));
    const Handle file(H5Fopen("networks", H5F_ACC_RDONLY, access), H5Fclose);
    if (read_text(file, "format") != format_name || read_text(file, "version") != std::to_string(format_version))
      throw InvalidInput("is not '{}' version {}", format_name, format_version);
    std::vector<Network> networks;
    for (std::size_t t = 1; has(file, fmt::format("training_{}", t)); ++t) {
      const std::string name = fmt::format("training_{}", t);
      const Handle group(H5Gopen2(file, name.c_str(), H5P_DEFAULT), H5Gclose);
      networks.push_back(naming(name, [&] { return read_network(group); }));
    }
    if (networks.empty()) throw InvalidInput("holds no network");
    return networks;
  });
}

}  // namespace ecram::crossbar
