// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "ecram/core/thread_pool.h"
#include "ecram/record/device_card.h"

namespace ecram::calibration {

/// The compact model of a card as an ngspice subcircuit with the terminals gate, source, drain, at one temperature:
///
///     gate     R and C in series: the double layer, R C its time constant; what C holds is the voltage followed, v
///     state    y, the logarithm of the channel's content over its range, -1 ... 1: the charge of a capacitor of 1 F
///              dy/dt = exp(F(y, v)) - exp(B(y, v)); F fades in front of 1 and B in front of -1
///     channel  a current of G(y, v) times the voltage between drain and source, 1/G = 1/exp(S(y, v)) + 1/G_ends
///
/// F, B and S are polynomials in y at nodes of v, straight lines between nodes, fitted to the tables of the compact
/// model over the contents that the card's pulses reach and the voltages between them; y and v are held within those.
/// At time 0 (an operating point, with which a transient without `uic` begins) y is the subcircuit's parameter `start`,
/// by default the state that the device was fitted to begin in. The greatest misfits of the rates at the pulses'
/// voltages and of G at 0 V stand in the netlist's head. The double layer's slow part (docs/device.md) is not in it:
/// for pulses of milliseconds and more. What the gate draws is not in it either: its capacitance is the interphase's
/// alone.
///
/// @param temperature  K; 0: the card's
/// @throws InvalidInput  for a card without a compact model or without its pulses ([writing]: up positive, down
///                       negative), or a model that the
///                       polynomials do not follow within 2 %
std::string ngspice_subcircuit(const record::DeviceCard& card, double temperature, const std::string& file,
                               ThreadPool& threads);

}  // namespace ecram::calibration
