// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "ecram/core/files.h"
#include "ecram/crossbar/descent.h"
#include "ecram/crossbar/mnist.h"
#include "ecram/crossbar/model_file.h"
#include "ecram/crossbar/training.h"
#include "ecram/record/device_card.h"
#include "ecram/synthetic/digits.h"
#include "support/gzip_file.h"
#include "support/idx_bytes.h"
#include "support/run_program.h"
#include "support/temporary_folder.h"

namespace ecram::crossbar {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

void write_pictures(const fs::path& folder, const std::string& set, std::size_t count, std::uint64_t index) {
  const auto images = synthetic::drawn_digits(count, 3, index);
  const auto n = static_cast<std::uint32_t>(count);
  write_file(folder / (set + "-images-idx3-ubyte.gz"),
             gzipped(idx_bytes({n, 28, 28}, {images.pixels.begin(), images.pixels.end()})));
  write_file(folder / (set + "-labels-idx1-ubyte"), idx_bytes({n}, {images.labels.begin(), images.labels.end()}));
}

/// A folder with a few drawn digits in MNIST's files.
class TrainCommand : public testing::Test {
 protected:
  TrainCommand() {
    fs::create_directory(data());
    write_pictures(data(), "train", 600, 0);
    write_pictures(data(), "t10k", 200, 1);
  }

  fs::path data() const { return folder_ / "digits"; }
  fs::path out() const { return folder_ / "out"; }

  /// With a small network and short, where the arguments do not say otherwise.
  ProgramRun train(const std::string& arguments, const std::string& before = "timeout 120") const {
    std::string all = "train " + arguments;
    for (const std::string& option : {"--data " + data().string(), std::string("--layers 784,20,10"),
                                      std::string("--rate 0.1"), std::string("--epochs 2")})
      if (arguments.find(option.substr(0, option.find(' '))) == std::string::npos) all += " " + option;
    return run_program(all, before);
  }

  void expect_refused(const std::string& arguments, const std::string& text) const {
    const ProgramRun run = train(arguments + " --out " + out().string());
    EXPECT_EQ(run.status, 2) << arguments;
    EXPECT_THAT(run.err, HasSubstr(text));
    EXPECT_EQ(std::ranges::count(run.err, '\n'), 1) << run.err;
    EXPECT_EQ(run.out, "");
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), {}), 1) << arguments << " left something behind";
  }

  TemporaryFolder folder_;
};

TEST_F(TrainCommand, PrintsTheContractAsJson) {
  const ProgramRun run = train("--sigma 0,1.2,10 --trials 2 --json");
  ASSERT_EQ(run.status, 0) << run.err;
  const json results = json::parse(run.out);
  ASSERT_EQ(results["accuracy"].size(), 3U);
  EXPECT_EQ(results["accuracy"][1]["sigma"], 1.2);
  for (const json& at : results["accuracy"]) {
    EXPECT_GT(at["mean"].get<double>(), 20);
    EXPECT_LE(at["mean"].get<double>(), 100);
    EXPECT_GE(at["sd"].get<double>(), 0);
    EXPECT_EQ(at["trials"], 2);
  }
  EXPECT_GT(results["us_per_sample"].get<double>(), 0);
  EXPECT_THAT(results["variation"]["reading"].get<std::string>(), HasSubstr("programming error"));
  EXPECT_THAT(results["dataset"]["name"].get<std::string>(), HasSubstr("(not MNIST)"));
  EXPECT_EQ(results["program"]["simd"], simd_target());
}

TEST_F(TrainCommand, WritesEverythingAndTheSameForAnyNumberOfThreads) {
  const std::string one = (folder_ / "one").string(), two = (folder_ / "two").string();
  ASSERT_EQ(train("--trials 3 --threads 1 --out " + one).status, 0);
  ASSERT_EQ(train("--trials 3 --threads 2 --out " + two).status, 0);
  for (const char* name :
       {"results.json", "model.h5", "accuracy.svg", "confusion.svg", "learning-curve.svg", "weights.svg"}) {
    EXPECT_FALSE(read_whole(fs::path(one) / name).empty()) << name;
    EXPECT_EQ(read_whole(fs::path(one) / name), read_whole(fs::path(two) / name)) << name;
  }
  EXPECT_EQ(read_whole(fs::path(one) / "results.json").find("us_per_sample"), std::string::npos);
  EXPECT_GT(json::parse(read_whole(fs::path(one) / "timing.json"))["us_per_sample"].get<double>(), 0);

  // The model on disk is the network that was judged.
  const auto networks = read_networks(fs::path(one) / "model.h5");
  ASSERT_EQ(networks.size(), 3U);
  const json results = json::parse(read_whole(fs::path(one) / "results.json"));
  const LitPixels test(read_digits(data()).test);
  EXPECT_NEAR(100 * accuracy(networks[2], test), results["trainings"][2]["accuracy"][0].get<double>(), 1e-3);
}

TEST_F(TrainCommand, SaysItInWordsToo) {
  const ProgramRun run = train("--sigma 0,5");
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("(not MNIST)"));
  EXPECT_THAT(run.out, HasSubstr("programming error"));
}

TEST_F(TrainCommand, LetsTheInstructionSetBeChosen) {
  for (const auto& target : simd_targets()) {
    const ProgramRun run = train("--json --simd " + target);
    ASSERT_EQ(run.status, 0) << run.err;
    EXPECT_EQ(json::parse(run.out)["program"]["simd"], target);
  }
  expect_refused("--simd MMX", "no SIMD target 'MMX'");
}

TEST_F(TrainCommand, RefusesBadOptions) {
  expect_refused("--sigma 0,-1", "sigma: -1 %, expected a number that is not negative");
  expect_refused("--sigma nan", "sigma: nan %");
  expect_refused("--sigma 1,two", "two");
  expect_refused("--epochs 0", "epochs: 0, expected at least 1");
  expect_refused("--epochs -3", "epochs");
  expect_refused("--trials 0", "trials: 0, expected at least 1");
  expect_refused("--batch 0", "batch: 0, expected at least 1");
  expect_refused("--layers 784,0,10", "layers: layer 2 has 0 units");
  expect_refused("--layers 100,10", "layers: 100 inputs, but the pictures have 784 pixels");
  expect_refused("--rate 0", "rate: 0, expected a positive number");
  expect_refused("--rate 1e20", "diverged ");
  expect_refused("--activation step", "no activation 'step'");
}

TEST_F(TrainCommand, TakesTheVariationOfADeviceCard) {
  record::DeviceCard card;
  card.device = "W7";
  card.program = "a test";
  card.sources = {{"w7.csv", std::string(64, '0'), "two columns"}};
  const fs::path path = data() / "card.toml";
  write_file(path, record::device_card_text(card));
  expect_refused("--card " + path.string(), "card.toml: the card has no variation");
  expect_refused("--card " + (data() / "none.toml").string(), "none.toml");

  card.step_over_window = normal_estimate(0.034, 0.001);
  write_file(path, record::device_card_text(card));
  for (const auto& [option, count] : {std::pair<std::string, std::size_t>{"", 2}, {"--sigma 0,1,5", 4}}) {
    const ProgramRun run = train("--json --card " + path.string() + " " + option);
    ASSERT_EQ(run.status, 0) << run.err;
    const json results = json::parse(run.out);
    ASSERT_EQ(results["accuracy"].size(), count);
    EXPECT_EQ(results["accuracy"].back()["sigma"], 3.4);
    EXPECT_EQ(results["device"]["name"], "W7");
  }
}

TEST_F(TrainCommand, RefusesBadFiles) {
  const fs::path images = data() / "train-images-idx3-ubyte.gz", labels = data() / "train-labels-idx1-ubyte";
  const std::string good_images = read_whole(images), good_labels = read_whole(labels);
  const auto with = [&](const fs::path& path, const std::string& content, const std::string& text) {
    const std::string good = read_whole(path);
    write_file(path, content);
    expect_refused("", path.string() + ": ");
    expect_refused("", text);
    write_file(path, good);
  };
  with(images, good_labels, "begins with 0x00000801, expected 0x00000803");
  with(images, gzipped(idx_bytes({600, 28, 27}, std::string(600 * 784, 'x'))), "bytes of data, expected");
  with(images, good_images.substr(0, 1000), "gzip");
  with(labels, good_labels.substr(0, 100), "92 bytes of data, expected 600");
  with(labels, idx_bytes({599}, good_labels.substr(9)), "599 labels, but ");
  std::string eleven = good_labels;
  eleven[20] = 11;
  with(labels, eleven, "label 12 is 11, expected 0 to 9");
  fs::remove(labels);
  expect_refused("", "holds no train-labels-idx1-ubyte");
  write_file(labels, good_labels);
}

TEST_F(TrainCommand, KeepsAFolderThatIsThere) {
  fs::create_directory(out());
  write_file(out() / "notes", "mine");
  EXPECT_EQ(train("--out " + out().string()).status, 2);
  EXPECT_EQ(train("--force --out " + out().string()).status, 0);
  EXPECT_EQ(read_whole(out() / "notes"), "mine");
  EXPECT_TRUE(fs::exists(out() / "results.json"));
}

TEST_F(TrainCommand, FinishesTheEpochOnInterruption) {
  const ProgramRun run =
      train("--epochs 1000000 --sigma 0 --out " + out().string(), "timeout --preserve-status --foreground -s INT 2");
  EXPECT_EQ(run.status, 130) << run.err;
  const json results = json::parse(read_whole(out() / "results.json"));
  EXPECT_TRUE(results["interrupted"].get<bool>());
  const auto epochs = results["trainings"][0]["epochs"].size();
  EXPECT_GE(epochs, 1U);
  EXPECT_LT(epochs, 1000000U);
  EXPECT_EQ(read_networks(out() / "model.h5").size(), 1U);
  EXPECT_TRUE(fs::exists(out() / "accuracy.svg"));
}

// Without MNIST anywhere, digits are drawn, and nobody can overlook it.
TEST_F(TrainCommand, DrawsDigitsWhereThereAreNone) {
  const std::string nowhere =
      "cd " + folder_.path().string() + " && ECRAM_DATA= XDG_DATA_HOME=" + folder_.path().string();
  const ProgramRun run = run_program("train --layers 784,4,10 --epochs 1 --sigma 0 --json", nowhere);
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(json::parse(run.out)["dataset"]["name"], "drawn digits (not MNIST)");
  EXPECT_THAT(run.err, HasSubstr("drawn digits (not MNIST)"));
}

TEST_F(TrainCommand, FindsFilesThroughTheEnvironment) {
  fs::create_directories(folder_ / "data");
  fs::rename(data(), folder_ / "data" / "mnist");
  const ProgramRun run =
      run_program("train --layers 784,4,10 --epochs 1 --sigma 0 --json", "ECRAM_DATA=" + (folder_ / "data").string());
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(json::parse(run.out)["dataset"]["training_pictures"], 600);
}

}  // namespace
}  // namespace ecram::crossbar
