// SPDX-License-Identifier: Apache-2.0
#include "ecram/crossbar/trials_json.h"

#include <cmath>
#include <vector>

#include <nlohmann/json.hpp>

#include "ecram/core/version.h"

namespace ecram::crossbar {
namespace {

using Json = nlohmann::ordered_json;

// Percent to a thousandth: a test set of 10,000 pictures, averaged over draws, tells no more.
Json percent(double share) {
  if (!std::isfinite(share)) return nullptr;
  return std::round(share * 1e5) / 1e3;
}

// As the user writes it: 0.025 is 2.5, not 2.5000000000000004.
double percent_as_given(double sigma) { return std::round(sigma * 1e12) / 1e10; }

std::string text(const Json& json) { return json.dump(2) + "\n"; }

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json device_json(const DeviceVariation& device) {
  return {{"name", device.device},
          {"card", device.file},
          {"sha256", device.sha256},
          {"sigma", percent_as_given(device.sigma)},
          {"gmin", number(device.gmin.value)},
          {"gmax", number(device.gmax.value)},
          {"conductance_unit", device.conductance_unit}};
}

Json training_json(const Training& training, const std::vector<double>& accuracies) {
  Json json;
  json["epochs"] = Json::array();
  for (const Epoch& epoch : training.epochs)
    json["epochs"].push_back({{"loss", epoch.loss},
                              {"training_accuracy", percent(epoch.training_accuracy)},
                              {"test_accuracy", percent(epoch.test_accuracy)}});
  json["largest_weights"] = Json::array();
  for (const Layer& layer : training.network.layers) json["largest_weights"].push_back(largest_weight(layer));
  json["accuracy"] = Json::array();
  for (const double accuracy : accuracies) json["accuracy"].push_back(percent(accuracy));
  return json;
}

Json results(const TrialOptions& options, const TrialResults& results, const Digits& digits) {
  const TrainingOptions& training = options.training;
  Json json;
  json["format"] = "ecramlab training results";
  json["version"] = 1;
  json["program"] = {{"version", version()}, {"commit", commit()}, {"simd", results.simd}};
  json["dataset"] = {
      {"name", digits.name}, {"training_pictures", digits.training.count()}, {"test_pictures", digits.test.count()}};
  json["training"] = {{"layers", training.layers}, {"activation", name(training.activation)},
                      {"rate", training.rate},     {"batch", training.batch},
                      {"epochs", training.epochs}, {"seed", training.seed}};
  json["variation"] = {{"reading", variation_reading}, {"draws", options.draws}};
  if (options.device) json["device"] = device_json(*options.device);
  json["interrupted"] = results.interrupted;
  json["accuracy"] = Json::array();
  for (const AccuracyAtSigma& at : results.accuracy)
    json["accuracy"].push_back({{"sigma", percent_as_given(at.sigma)},
                                {"mean", percent(at.mean)},
                                {"sd", percent(at.standard_deviation)},
                                {"trials", at.trials}});
  json["confusion"] = results.confusion;
  json["trainings"] = Json::array();
  for (std::size_t t = 0; t < results.trainings.size(); ++t)
    json["trainings"].push_back(training_json(results.trainings[t], results.accuracies[t]));
  return json;
}

}  // namespace

std::string results_json(const TrialOptions& options, const TrialResults& found, const Digits& digits) {
  return text(results(options, found, digits));
}

std::string results_json_with_time(const TrialOptions& options, const TrialResults& found, const Digits& digits) {
  Json json = results(options, found, digits);
  json["us_per_sample"] = microseconds_per_sample(found, digits);
  return text(json);
}

std::string timing_json(const TrialResults& found, const Digits& digits) {
  Json json;
  json["us_per_sample"] = microseconds_per_sample(found, digits);
  json["training_seconds"] = Json::array();
  for (const Training& one : found.trainings) json["training_seconds"].push_back(one.seconds);
  return text(json);
}

}  // namespace ecram::crossbar
