// SPDX-License-Identifier: Apache-2.0
#include "ecram/device/full_model.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>
#include <numbers>

#include <Eigen/LU>
#include <cvode/cvode.h>
#include <nvector/nvector_serial.h>
#include <sunmatrix/sunmatrix_dense.h>

#include "ecram/core/errors.h"
#include "ecram/device/hopping.h"
#include "ecram/device/stack.h"

namespace ecram::device {
namespace {

constexpr double unit = 1e18;  // vacancies per m^2 in one unit of CVODE's variables

// CVODE's variables are the vacancies per area of each cell, but for the channel's last cell the whole channel's, and
// last those of the reservoir. What counts is the channel's content: it is followed to `Accuracy::relative`, the shape
// of the double layer, a matter of microseconds, less closely.
constexpr double shape_relative = 100;         // tolerance of a cell over that of the channel's content
constexpr double electrolyte_absolute = 1e19;  // 1/m^2, times `Accuracy::relative`
constexpr double channel_absolute = 1e18;      // closer: G goes with the electrons that compensation leaves over
constexpr double content_absolute = 1e14;
constexpr double rounding = 1e-12;  // of all vacancies: what a hold of seconds loses
constexpr double most_lost = 1e-6;  // what one of years may, before something else is wrong

double arrhenius(double energy, double kelvin) { return std::exp(-energy / (constants::boltzmann * kelvin)); }

using Factors = Eigen::PartialPivLU<Eigen::MatrixXd>;

/// A linear solver for CVODE by Eigen's LU: a third of a run's time went into SUNDIALS' own.
SUNLinearSolver make_eigen_solver(Factors& factors, SUNContext context) {
  SUNLinearSolver solver = SUNLinSolNewEmpty(context);
  if (solver == nullptr) throw Failure("SUNDIALS could not be started");
  solver->content = &factors;
  solver->ops->gettype = [](SUNLinearSolver) { return SUNLINEARSOLVER_DIRECT; };
  solver->ops->initialize = [](SUNLinearSolver) -> int { return SUNLS_SUCCESS; };
  solver->ops->setup = [](SUNLinearSolver self, SUNMatrix matrix) -> int {
    const auto size = static_cast<Eigen::Index>(SUNDenseMatrix_Rows(matrix));
    auto& lu = *static_cast<Factors*>(self->content);
    lu.compute(Eigen::Map<const Eigen::MatrixXd>(SUNDenseMatrix_Data(matrix), size, size));
    return (lu.matrixLU().diagonal().array() != 0).all() ? SUNLS_SUCCESS : SUNLS_LUFACT_FAIL;
  };
  solver->ops->solve = [](SUNLinearSolver self, SUNMatrix, N_Vector x, N_Vector b, realtype) -> int {
    const auto size = static_cast<Eigen::Index>(N_VGetLength(b));
    Eigen::Map<Eigen::VectorXd>(N_VGetArrayPointer(x), size) =
        static_cast<Factors*>(self->content)->solve(Eigen::Map<const Eigen::VectorXd>(N_VGetArrayPointer(b), size));
    return SUNLS_SUCCESS;
  };
  solver->ops->free = [](SUNLinearSolver self) -> int {
    self->content = nullptr;
    SUNLinSolFreeEmpty(self);
    return SUNLS_SUCCESS;
  };
  return solver;
}

/// Releases what SUNDIALS made.
struct Release {
  void operator()(N_Vector v) const { N_VDestroy(v); }
  void operator()(SUNMatrix m) const { SUNMatDestroy(m); }
  void operator()(SUNLinearSolver s) const { SUNLinSolFree(s); }
  void operator()(void* cvode) const { CVodeFree(&cvode); }
};
template <class T>
using Owned = std::unique_ptr<std::remove_pointer_t<T>, Release>;

}  // namespace

struct FullModel::Impl {
  MaterialConstants constants;
  Device device;
  Accuracy accuracy;
  Stack stack;
  Electrostatics electrostatics;
  std::size_t cells;
  double volts = 0, kelvin = 0;
  double sharpness = 1;            // factor on the tolerance
  std::vector<Barriers> barriers;  // [i]: between cell i-1 and i; [0]: between reservoir and cell 0
  double reservoir_activity = 0;   // 1/m: times the reservoir's vacancies, the density that it is in equilibrium with
  std::vector<double> density, potential, found;
  std::vector<double> solved_density, change;  // of `potential`, and from there to the state to be solved
  std::vector<double> by_vacancies;            // of the last Jacobian: d phi_i / d c_j in column j
  bool has_tangent = false;
  std::vector<Flux> faces;
  std::exception_ptr trouble;
  Effort before;  // of integrations before the present one

  SUNContext context = nullptr;
  Owned<N_Vector> state;
  Owned<SUNMatrix> matrix;
  Factors factors;
  Owned<SUNLinearSolver> solver;
  std::unique_ptr<void, Release> cvode;

  Impl(const MaterialConstants& c, const Device& d, const Accuracy& a)
      : constants(c),
        device(d),
        accuracy(a),
        stack(make_stack(c, d, a.refinement)),
        electrostatics(constants, stack),
        cells(stack.cells()),
        barriers(cells),
        density(cells),
        potential(cells),
        solved_density(cells),
        change(cells),
        by_vacancies(cells * cells),
        faces(cells + 1) {
    start();
    make_solver();
    set_temperature(300);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    cvode.reset(), solver.reset(), matrix.reset(), state.reset();
    SUNContext_Free(&context);
  }

  double* y() const { return N_VGetArrayPointer(state.get()); }
  std::vector<double> values() const { return {y(), y() + cells + 1}; }

  /// All vacancies per area, in `unit`.
  double sum() const {
    double total = y()[cells] + y()[last()];
    for (std::size_t i = 0; i < channel(); ++i) total += y()[i];
    return total;
  }

  std::size_t channel() const { return stack.electrolyte_cells; }
  std::size_t last() const { return cells - 1; }

  /// Vacancies per area in the channel's last cell, in `unit`.
  double in_last_cell(const double* values) const {
    double rest = values[last()];
    for (std::size_t i = channel(); i < last(); ++i) rest -= values[i];
    return rest;
  }

  void start() {
    if (SUNContext_Create(nullptr, &context) != 0) throw Failure("SUNDIALS could not be started");
    state.reset(N_VNew_Serial(static_cast<sunindextype>(cells + 1), context));
    for (std::size_t i = 0; i < cells; ++i)
      y()[i] = stack.width[i] / unit *
               (i < stack.electrolyte_cells ? constants.electrolyte_vacancy_density : device.gated_vacancy_density);
    y()[last()] *= device.channel_thickness / stack.width[last()];
    y()[cells] = constants.reservoir_density / unit;
  }

  void make_solver() {
    const auto size = static_cast<sunindextype>(cells + 1);
    matrix.reset(SUNDenseMatrix(size, size, context));
    solver.reset(make_eigen_solver(factors, context));
    cvode.reset(CVodeCreate(CV_BDF, context));
    if (!matrix || !solver || !cvode || CVodeInit(cvode.get(), right_side, 0, state.get()) != CV_SUCCESS)
      throw Failure("CVODE could not be started");
    CVodeWFtolerances(cvode.get(), weights);
    CVodeSetUserData(cvode.get(), this);
    CVodeSetLinearSolver(cvode.get(), solver.get(), matrix.get());
    CVodeSetJacFn(cvode.get(), jacobian);
    CVodeSetMaxNumSteps(cvode.get(), 100000);
    CVodeSetErrHandlerFn(
        cvode.get(), [](int, const char*, const char*, char*, void*) {}, nullptr);
  }

  static int weights(N_Vector values, N_Vector weights, void* self) {
    const auto& m = *static_cast<Impl*>(self);
    const double* v = N_VGetArrayPointer(values);
    double* w = N_VGetArrayPointer(weights);
    const double relative = m.accuracy.relative * m.sharpness;
    for (std::size_t i = 0; i <= m.cells; ++i) {
      const double absolute = i < m.channel() || i == m.cells ? electrolyte_absolute : channel_absolute;
      w[i] = 1 / (relative * (shape_relative * std::abs(v[i]) + absolute / unit));
    }
    w[m.last()] = 1 / (relative * (std::abs(v[m.last()]) + content_absolute / unit));
    return 0;
  }

  void set_temperature(double t) {
    if (t == kelvin) return;
    kelvin = t;
    electrostatics.set_temperature(t);
    const MaterialConstants& c = constants;
    const double kT = constants::boltzmann * t;
    for (std::size_t i = 1; i < cells; ++i) {
      const bool electrolyte = i < channel();
      const double sites = electrolyte ? c.electrolyte_site_density : c.channel_site_density;
      const double energy = electrolyte ? c.electrolyte_hop_energy : c.channel_hop_energy;
      barriers[i] = {.rate = c.attempt_frequency * c.hop_distance * arrhenius(energy, t),
                     .number = stack.distance[i - 1] / c.hop_distance,
                     .left_sites = sites,
                     .right_sites = sites,
                     .height = energy / kT,
                     .step = 1};
    }
    const double transfer_energy = c.transfer_energy + device.transfer_energy_shift;
    barriers[channel()] = {.rate = c.transfer_rate * c.hop_distance * arrhenius(transfer_energy, t),
                           .number = c.interphase_thickness / c.hop_distance,
                           .left_sites = c.electrolyte_site_density,
                           .right_sites = c.channel_site_density,
                           .height = transfer_energy / kT,
                           .step = 1 / arrhenius(c.partition_energy, t)};
    const double rest = c.electrolyte_vacancy_density;
    reservoir_activity = rest / (1 - rest / c.electrolyte_site_density) / c.reservoir_density;
    barriers[0] = {.rate = c.gate_exchange / rest * arrhenius(c.gate_energy, t),
                   .number = 1,
                   .left_sites = std::numeric_limits<double>::infinity(),
                   .right_sites = c.electrolyte_site_density,
                   .height = c.gate_energy / kT,
                   .step = 1};
  }

  /// Densities, potential and the flux through each face for CVODE's variables.
  void evaluate(const double* values) {
    for (std::size_t i = 0; i < last(); ++i) density[i] = values[i] * unit / stack.width[i];
    density[last()] = in_last_cell(values) * unit / stack.width[last()];
    for (std::size_t i = 0; i < cells; ++i) {
      const double sites = i < channel() ? constants.electrolyte_site_density : constants.channel_site_density;
      if (!(density[i] > -sites && density[i] < 2 * sites)) throw Failure("a density of {} 1/m^3", density[i]);
    }
    // Newton's method begins on the tangent from the last state whose derivatives are known.
    found = potential;
    if (has_tangent) {
      const auto size = static_cast<Eigen::Index>(cells);
      for (std::size_t i = 0; i < cells; ++i) change[i] = density[i] - solved_density[i];
      Eigen::Map<Eigen::VectorXd>(found.data(), size) +=
          Eigen::Map<const Eigen::MatrixXd>(by_vacancies.data(), size, size) *
          Eigen::Map<const Eigen::VectorXd>(change.data(), size);
    }
    electrostatics.solve(density, volts, found);  // throws on a state without one; what was found before then stays
    std::swap(found, potential);
    solved_density = density;
    const double per_volt = vacancy_charge * constants::elementary_charge / electrostatics.law().thermal_energy;
    faces[0] =
        flux(barriers[0], values[cells] * unit * reservoir_activity, density[0], per_volt * (volts - potential[0]));
    for (std::size_t i = 1; i < cells; ++i)
      faces[i] = flux(barriers[i], density[i - 1], density[i], per_volt * (potential[i - 1] - potential[i]));
  }

  static int right_side(realtype, N_Vector values, N_Vector rates, void* self) {
    auto& m = *static_cast<Impl*>(self);
    try {
      m.evaluate(N_VGetArrayPointer(values));
    } catch (...) {
      m.trouble = std::current_exception();
      return 1;  // CVODE tries a smaller step
    }
    double* rate = N_VGetArrayPointer(rates);
    for (std::size_t i = 0; i < m.last(); ++i) rate[i] = (m.faces[i].value - m.faces[i + 1].value) / unit;
    rate[m.last()] = m.faces[m.channel()].value / unit;
    rate[m.cells] = -m.faces[0].value / unit;
    return 0;
  }

  /// The fluxes depend on the potential, the potential on every cell: the matrix is full.
  static int jacobian(realtype, N_Vector values, N_Vector, SUNMatrix matrix, void* self, N_Vector, N_Vector, N_Vector) {
    auto& m = *static_cast<Impl*>(self);
    try {
      m.evaluate(N_VGetArrayPointer(values));
    } catch (...) {
      m.trouble = std::current_exception();
      return 1;
    }
    m.electrostatics.sensitivity(m.by_vacancies);
    m.has_tangent = true;
    const std::size_t n = m.cells;
    const double per_volt = vacancy_charge * constants::elementary_charge / m.electrostatics.law().thermal_energy;
    for (std::size_t j = 0; j < n; ++j) {
      double* column = SUNDenseMatrix_Column(matrix, static_cast<sunindextype>(j));
      const double per_unit = 1 / m.stack.width[j];  // density of one unit in cell j, over `unit`
      double through = 0;                            // derivative of the flux through the face before cell i
      double content = 0;
      for (std::size_t i = 0; i <= n; ++i) {
        double next = 0;
        if (i < n) {
          const double drop = per_volt * ((i == 0 ? 0 : m.by_vacancies[j * n + i - 1]) - m.by_vacancies[j * n + i]);
          next = m.faces[i].by_drop * drop;
          if (i == j) next += m.faces[i].by_right;
          if (i == j + 1) next += m.faces[i].by_left;
        }
        if (i == 0) column[n] = -next * per_unit;
        if (i > 0) column[i - 1] = (through - next) * per_unit;
        if (i == m.channel()) content = next * per_unit;
        through = next;
      }
      column[m.last()] = content;
    }
    // With the content given, what another of the channel's cells gains the last one loses.
    const double* lost = SUNDenseMatrix_Column(matrix, static_cast<sunindextype>(m.last()));
    for (std::size_t j = m.channel(); j < m.last(); ++j) {
      double* column = SUNDenseMatrix_Column(matrix, static_cast<sunindextype>(j));
      for (std::size_t i = 0; i <= n; ++i) column[i] -= lost[i];
    }
    double* reservoir = SUNDenseMatrix_Column(matrix, static_cast<sunindextype>(n));
    std::fill_n(reservoir, n + 1, 0.0);
    reservoir[0] = m.faces[0].by_left * m.reservoir_activity;
    reservoir[n] = -reservoir[0];
    return 0;
  }

  void count() {
    long steps = 0, evaluations = 0, jacobians = 0;
    CVodeGetNumSteps(cvode.get(), &steps);
    CVodeGetNumRhsEvals(cvode.get(), &evaluations);
    CVodeGetNumJacEvals(cvode.get(), &jacobians);
    before.steps += steps, before.evaluations += evaluations, before.jacobians += jacobians;
  }
};

FullModel::FullModel(const MaterialConstants& constants, const Device& device, const Accuracy& accuracy) {
  validate(constants);
  validate(device);
  impl_ = std::make_unique<Impl>(constants, device, accuracy);
}
FullModel::FullModel(FullModel&&) noexcept = default;
FullModel& FullModel::operator=(FullModel&&) noexcept = default;
FullModel::~FullModel() = default;

void FullModel::hold(double volts, double seconds, double kelvin) {
  Impl& m = *impl_;
  check_gate_voltage(m.constants, m.device, volts);
  if (!(seconds > 0) || !std::isfinite(seconds))
    throw InvalidInput("a hold of {} s, expected a positive time", seconds);
  set_temperature(kelvin);
  m.volts = volts;
  m.trouble = nullptr;
  // Where the tolerance let the state go astray (Newton's iteration fails, or rounding of absurd fluxes lost
  // vacancies), the same again with a closer one.
  const std::vector<double> before = m.values();
  const double sum = m.sum();
  for (m.sharpness = 1;; m.sharpness /= 10) {
    CVodeReInit(m.cvode.get(), 0, m.state.get());
    CVodeSetStopTime(m.cvode.get(), seconds);
    double done = 0;
    const int status = CVode(m.cvode.get(), seconds, m.state.get(), &done, CV_NORMAL);
    m.count();
    const double lost = sum - m.sum();
    if (status >= 0 && std::abs(lost) < most_lost * sum) {
      if (std::abs(lost) > rounding * sum) m.y()[m.cells] += lost;  // rounding times 1e9 s: the reservoir's
      break;
    }
    std::ranges::copy(before, m.y());
    if (m.sharpness > 1e-3) continue;
    if (m.trouble) std::rethrow_exception(m.trouble);
    throw Failure("CVODE gave up after {} of {} s at {} V and {} K (its code {})", done, seconds, volts, kelvin,
                  status);
  }
}

void FullModel::set_temperature(double kelvin) {
  if (!(kelvin > 0) || !std::isfinite(kelvin))
    throw InvalidInput("a temperature of {} K, expected a positive one", kelvin);
  impl_->set_temperature(kelvin);
}

Reading FullModel::read() {
  Impl& m = *impl_;
  m.evaluate(m.y());
  const ElectronLaw& law = m.electrostatics.law();
  Reading r;
  double hall = 0, charge = 0;
  for (std::size_t i = m.stack.electrolyte_cells; i < m.cells; ++i) {
    const double level = m.potential[i] * constants::elementary_charge / law.thermal_energy - law.band_offset;
    const Electrons e = electrons(law, m.density[i], level);
    const double sigma = conductivity(law, e.mobile());
    r.sheet_conductance += sigma * m.stack.width[i];
    hall += hall_density(law, e.band, sigma) * m.stack.width[i];
    r.channel_vacancies += m.density[i] * m.stack.width[i];
    charge += channel_charge(law, m.density[i], level).density * m.stack.width[i];
  }
  r.gated_conductance = r.sheet_conductance * m.device.gate_width / m.device.gate_length;
  r.conductance = 1 / (1 / r.gated_conductance + 1 / ungated_conductance(m.constants, m.device, m.kelvin));
  r.hall_density = hall / m.device.channel_thickness;
  r.hall_mobility = r.sheet_conductance / (constants::elementary_charge * hall);
  r.double_layer_charge = -constants::elementary_charge * charge;
  return r;
}

std::vector<double> FullModel::vacancies() const {
  std::vector<double> v(impl_->y(), impl_->y() + impl_->cells + 1);
  v[impl_->last()] = impl_->in_last_cell(impl_->y());
  for (double& x : v) x *= unit;
  return v;
}

void FullModel::set_vacancies(std::span<const double> vacancies) {
  if (vacancies.size() != impl_->cells + 1)
    throw InvalidInput("{} densities for {} cells and a reservoir", vacancies.size(), impl_->cells);
  double* y = impl_->y();
  for (std::size_t i = 0; i <= impl_->cells; ++i) y[i] = vacancies[i] / unit;
  for (std::size_t i = impl_->channel(); i < impl_->last(); ++i) y[impl_->last()] += y[i];
}

void FullModel::move_into_channel(double vacancies) {
  Impl& m = *impl_;
  double* y = m.y();
  const double content = y[m.last()] * unit;
  if (!(content + vacancies > 0) || !(y[m.cells] * unit > vacancies))
    throw InvalidInput("{} vacancies per m^2 to move, but {} in the channel and {} in the reservoir", vacancies,
                       content, y[m.cells] * unit);
  for (std::size_t i = m.channel(); i < m.cells; ++i) y[i] *= 1 + vacancies / content;
  y[m.cells] -= vacancies / unit;
}

std::vector<double> FullModel::potential() {
  impl_->evaluate(impl_->y());
  return impl_->potential;
}

std::vector<double> FullModel::positions() const {
  std::vector<double> z;
  double edge = 0;
  for (std::size_t i = 0; i < impl_->cells; ++i) {
    if (i == impl_->stack.electrolyte_cells) edge += impl_->constants.interphase_thickness;
    z.push_back(edge + impl_->stack.width[i] / 2);
    edge += impl_->stack.width[i];
  }
  return z;
}

FullModel::Effort FullModel::effort() const { return impl_->before; }

double ungated_conductance(const MaterialConstants& constants, const Device& device, double kelvin) {
  if (device.ungated_length == 0) return std::numeric_limits<double>::infinity();
  const ElectronLaw law = electron_law(constants, kelvin);
  const Electrons e = electrons(law, device.vacancy_density, neutral_level(law, device.vacancy_density));
  return conductivity(law, e.mobile()) * device.channel_thickness * device.gate_width / device.ungated_length;
}

double leakage_current(const MaterialConstants& c, const Device& d, double volts, double kelvin) {
  const double q = constants::elementary_charge;
  const double field = std::abs(volts) / d.electrolyte_thickness;
  const double lowering =
      q * std::sqrt(q * field / (std::numbers::pi * constants::vacuum_permittivity * c.leakage_permittivity));
  const double density = c.leakage_prefactor * field *
                         std::exp(-std::max(0.0, c.leakage_energy - lowering) / (constants::boltzmann * kelvin));
  return std::copysign(density * d.gate_length * d.gate_width, volts);
}

}  // namespace ecram::device
