# SPDX-License-Identifier: Apache-2.0
"""Runs one calculation with GPAW: reads calculation.json, writes result.json when it is done and converged.

Started again in the same folder it goes on from the last relaxation step (relax.traj), the last saved wave functions
(state.gpw) or the last finished k-point (hybrid.json). It ends with status 4 and a last line that says why if the
calculation does not converge; result.json is then not written.
"""
import json
import os
import shutil
import subprocess
import sys
import time

import numpy as np
import ase
import ase.io
import gpaw
from ase import Atoms
from ase.constraints import UnitCellFilter
from ase.optimize import BFGS
from ase.units import GPa
from gpaw import GPAW, PW, FermiDirac, KohnShamConvergenceError, Mixer, MixerDif
from gpaw.dos import get_projector_numbers
from gpaw.mpi import world

FORMAT = "ecram-electronic-result 1"
CHECKPOINT = 1200  # s between two savings of the wave functions


def stop(reason):
    if world.rank == 0:
        print(reason, flush=True)
    world.barrier()
    sys.exit(4)


def replace_file(name, text):
    """Whole or not at all, on one rank."""
    if world.rank == 0:
        with open(name + ".partial", "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name + ".partial", name)
    world.barrier()


def structure(task):
    """The atoms: given, or those of an earlier result; then repeated, then without the vacancies."""
    source = task["structure"]
    if "from" in source:
        with open(source["from"]) as file:
            given = json.load(file)["structure"]
    else:
        given = source["atoms"]
    atoms = Atoms(given["elements"], cell=given["lattice_A"], scaled_positions=given["positions"], pbc=True)
    repeat = source.get("repeat", [1, 1, 1])
    if repeat != [1, 1, 1]:
        cell = atoms.cell.array * np.array(repeat)[:, None]
        scaled, symbols = [], []
        for symbol, position in zip(atoms.get_chemical_symbols(), atoms.get_scaled_positions(wrap=False)):
            for cell_index in np.ndindex(*repeat):
                scaled.append((position + cell_index) / repeat)
                symbols.append(symbol)
        atoms = Atoms(symbols, cell=cell, scaled_positions=scaled, pbc=True)
    gone = set(source.get("remove", []))
    return atoms[[i for i in range(len(atoms)) if i not in gone]]


def ensure_setups(functional, symbols):
    """The distribution has PAW sets for LDA, PBE and a few more; others are made by GPAW's own generator."""
    place = os.path.abspath(os.path.join("..", "setups"))
    gpaw.setup_paths.insert(0, place)
    if world.rank == 0:
        for symbol in sorted(set(symbols)):
            name = f"{symbol}.{functional}"
            known = [p for p in gpaw.setup_paths for end in ("", ".gz") if os.path.exists(os.path.join(p, name + end))]
            if known:
                continue
            os.makedirs(place, exist_ok=True)
            plain = {k: v for k, v in os.environ.items() if not k.startswith(("OMPI_", "PMIX_", "SLURM_"))}
            subprocess.run([sys.executable, shutil.which("gpaw-setup"), "-f", functional, symbol], cwd=place,
                           stdout=subprocess.DEVNULL, env=plain, check=True)
            if not os.path.exists(os.path.join(place, name)):
                stop(f"no PAW set {name}, and gpaw-setup made none")
    world.barrier()


def calculator(task, atoms, functional, converge_bands="occupied", **mode):
    s = task["settings"]
    if s["basis"] == "plane_waves":
        representation = {"mode": PW(mode.pop("cutoff", s["cutoff_eV"]), **mode)}
    else:
        representation = {"mode": "lcao", "basis": s["basis"], "h": s["grid_A"]}
    parameters = dict(
        **representation,
        xc=functional,
        kpts=[s["special_point"]] if s["special_point"] else {"size": s["kpoints"], "gamma": s["gamma"]},
        # GPAW 22.8's exchange takes orbitals from one k-point to another without the fractional translations that
        # belong to some rotations: hybrids may only use symmetries that have none.
        # One general point stands for itself and its inverse, not for what rotations make of it.
        symmetry={"symmorphic": task["kind"] == "hybrid", "point_group": not s["special_point"]},
        occupations=FermiDirac(s["smearing_eV"]),
        charge=task["charge"],
        spinpol=task["spin"],
        maxiter=s["iterations"],
        convergence={"energy": s["energy_eV"], "density": s["density"], "eigenstates": s["eigenstates"],
                     "bands": converge_bands},
        txt=open("gpaw.txt", "a") if world.rank == 0 else None)
    if s["mixing"] > 0:
        # Without GPAW's damping of long waves, which metals need and which slows insulators down.
        parameters["mixer"] = (MixerDif if task["spin"] else Mixer)(s["mixing"], 8, 1)
    if task["bands_empty"] > 0:
        parameters["nbands"] = electrons(atoms, functional, task["charge"]) // 2 + task["bands_empty"]
    calc = GPAW(**parameters)
    if task["spin"] and not atoms.get_initial_magnetic_moments().any():
        # A start without moments stays without: the odd electron is offered to the atoms of the first element.
        moments = np.zeros(len(atoms))
        first = [i for i, symbol in enumerate(atoms.get_chemical_symbols()) if symbol == atoms[0].symbol]
        moments[first] = 1.0 / len(first)
        atoms.set_initial_magnetic_moments(moments)
    return calc


def electrons(atoms, functional, charge):
    from gpaw.setup import create_setup
    from gpaw.xc import XC
    xc = XC(functional)
    valence = {symbol: create_setup(symbol, xc).Nv for symbol in set(atoms.get_chemical_symbols())}
    return int(round(sum(valence[symbol] for symbol in atoms.get_chemical_symbols()) - charge))


def keep_saving(calc, name):
    """Saves the wave functions in the middle of a long self-consistency cycle."""
    last = [time.time()]

    def save():
        due = np.array([float(time.time() - last[0] > CHECKPOINT)])
        world.broadcast(due, 0)
        if due[0]:
            calc.write(name + ".partial.gpw", mode="all")
            if world.rank == 0:
                os.replace(name + ".partial.gpw", name)
            last[0] = time.time()

    calc.attach(save, 1)


def energy_per_cutoff(task, atoms):
    """dE/dEcut of the start, by central difference: what the stress at a fixed number of plane waves lacks.

    GPAW's own estimate, from the isolated atoms, is too small by a factor of four at 600 eV for oxides.
    """
    if os.path.exists("cutoff.json"):
        with open("cutoff.json") as file:
            return json.load(file)["dE_dEcut"]
    cutoff = task["settings"]["cutoff_eV"]
    energies = []
    for factor in (0.98, 1.02):
        trial = atoms.copy()
        trial.calc = calculator(task, trial, task["functional"], cutoff=factor * cutoff)
        energies.append(trial.get_potential_energy())
    slope = (energies[1] - energies[0]) / (0.04 * cutoff)
    replace_file("cutoff.json", json.dumps({"dE_dEcut": slope, "energies_eV": energies}))
    return slope


def relax(task, atoms):
    mode = {"dedecut": energy_per_cutoff(task, atoms)} if task["relax_cell"] else {}
    # The filter counts deformations from the cell that it is made with: always the first one, or the optimiser's memory
    # of an earlier run would be of other coordinates.
    moving = UnitCellFilter(atoms, cell_factor=5.0) if task["relax_cell"] else atoms
    if os.path.exists("relax.traj") and os.path.getsize("relax.traj") > 0:
        try:
            last = ase.io.read("relax.traj@-1")
            atoms.set_cell(last.cell)
            atoms.set_positions(last.positions)
        except Exception:  # killed while it wrote its first step
            os.remove("relax.traj")
    atoms.calc = calculator(task, atoms, task["functional"], **mode)
    optimizer = BFGS(moving, logfile="bfgs.log", restart="bfgs.json", maxstep=0.1)
    trajectory = ase.io.Trajectory("relax.traj", "a", atoms)
    optimizer.attach(trajectory.write)
    for step, _ in enumerate(optimizer.irun(fmax=0.0, steps=task["steps"])):
        forces = np.linalg.norm(atoms.get_forces(), axis=1).max()
        stress = np.abs(atoms.get_stress()).max() / GPa if task["relax_cell"] else 0.0
        if world.rank == 0:
            print(f"step {step}: energy {atoms.get_potential_energy():.6f} eV, largest force {forces:.4f} eV/A, "
                  f"largest stress {stress:.3f} GPa", flush=True)
        if forces < task["force_eV_per_A"] and stress < task["stress_GPa"]:
            return atoms
    stop(f"not converged: force {forces:.4f} eV/A after {task['steps']} steps")


def self_consistent(task, atoms, functional):
    if os.path.exists("state.gpw"):
        calc = GPAW("state.gpw", txt=open("gpaw.txt", "a") if world.rank == 0 else None)
        atoms = calc.get_atoms()
    else:
        wanted = "occupied" if task["bands_empty"] == 0 else -max(1, task["bands_empty"] // 3)
        if task["kind"] == "hybrid" and task["hybrid_bands"]:
            wanted = electrons(atoms, functional, task["charge"]) // 2 + task["hybrid_bands"][1]
        calc = calculator(task, atoms, functional, wanted)
    atoms.calc = calc
    keep_saving(calc, "state.gpw")
    atoms.get_potential_energy()
    return atoms


def hybrid_part(task, calc):
    """First band, one past the last, and k-points whose hybrid eigenvalues are wanted: all unless the task says which.

    A band near the gap costs exchange integrals with every filled state; those far from it are not needed for a gap.
    """
    bands = calc.get_number_of_bands()
    first, last, points = 0, bands, list(range(len(calc.get_ibz_k_points())))
    if task["hybrid_bands"]:
        filled = int(round(float(calc.wfs.nvalence))) // 2
        below, above = task["hybrid_bands"]
        first, last = max(0, filled - below), min(bands, filled + above)
    if task["hybrid_kpoints"]:
        points = []
        for wanted in task["hybrid_kpoints"]:
            apart = [min(np.abs((sign * k - wanted + 0.5) % 1 - 0.5).max() for sign in (1, -1))
                     for k in calc.get_ibz_k_points()]
            if min(apart) > 1e-6:
                stop(f"k-point {wanted} is not among those of the grid {task['settings']['kpoints']}")
            points.append(int(np.argmin(apart)))
    return first, last, points


def take_part(out, first, last, points):
    """Leaves in a result the bands and k-points that the hybrid was computed for; the weights sum to 1 again."""
    out["first_band"] = first + 1
    out["occupations"] = [[channel[k][first:last] for k in points] for channel in out["occupations"]]
    out["kpoints"] = [out["kpoints"][k] for k in points]
    weights = np.array([out["kpoint_weights"][k] for k in points])
    out["kpoint_weights"] = rounded(weights / weights.sum(), 12)


def projections(calc):
    """|<projector|state>|^2 over bound-state projectors, [spin][k-point][band][atom][s, p, d]."""
    wfs = calc.wfs
    shape = (wfs.nspins, wfs.kd.nibzkpts, wfs.bd.nbands, len(calc.atoms), 3)
    weights = np.zeros(shape)
    bands = wfs.bd.get_slice()
    for u in wfs.kpt_u:
        for a, p_ni in u.projections.items():
            for l in range(3):
                numbers = get_projector_numbers(wfs.setups[a], l)
                if numbers:
                    weights[u.s, u.k, bands, a, l] = (abs(p_ni[:, numbers])**2).sum(1)
    wfs.world.sum(weights)
    return weights


def rounded(array, digits):
    return np.round(np.asarray(array, float), digits).tolist()


def result(task, atoms, started, eigenvalues=None):
    calc = atoms.calc
    kpts = calc.get_ibz_k_points()
    weights = calc.get_k_point_weights()
    spins = calc.get_number_of_spins()
    out = {
        "format": FORMAT,
        "engine": {"name": "gpaw", "version": gpaw.__version__, "ase": ase.__version__, "cores": world.size},
        "kind": task["kind"],
        "task": task,
        "converged": True,
        "wall_time_s": round(time.time() - started, 1),
        "structure": {"lattice_A": rounded(atoms.cell.array, 10), "elements": atoms.get_chemical_symbols(),
                      "positions": rounded(atoms.get_scaled_positions(wrap=False), 10)},
        "charge": task["charge"],
        "electrons": float(calc.wfs.nvalence),
        "energy_eV": float(atoms.get_potential_energy()),
        "fermi_level_eV": float(calc.get_fermi_level()),
        "kpoints": rounded(kpts, 10),
        "kpoint_weights": rounded(weights, 12),
    }
    if eigenvalues is None:
        eigenvalues = [[calc.get_eigenvalues(k, s) for k in range(len(kpts))] for s in range(spins)]
    out["eigenvalues_eV"] = rounded(eigenvalues, 6)
    # GPAW gives occupations times the k-point's weight, and counts both spins where there is one channel.
    full = np.array([[calc.get_occupation_numbers(k, s) / weights[k] for k in range(len(kpts))] for s in range(spins)])
    out["occupations"] = rounded(full / (2 if spins == 1 else 1), 6)
    return out


def add_forces(out, atoms, task):
    out["forces_eV_per_A"] = rounded(atoms.get_forces(), 6)
    if task["kind"] == "relax" and task["relax_cell"]:
        out["stress_GPa"] = rounded(atoms.get_stress(voigt=False) / GPa, 6)
        with open("cutoff.json") as file:
            out["dE_dEcut"] = json.load(file)["dE_dEcut"]


def main():
    started = time.time()
    with open("calculation.json") as file:
        task = json.load(file)
    atoms = structure(task)
    ensure_setups(task["functional"], atoms.get_chemical_symbols())
    kind = task["kind"]
    if kind == "relax":
        atoms = relax(task, atoms)
        out = result(task, atoms, started)
        add_forces(out, atoms, task)
    else:
        atoms = self_consistent(task, atoms, task["functional"])
        calc = atoms.calc
        if kind == "hybrid":
            from gpaw.hybrids.eigenvalues import non_self_consistent_eigenvalues
            calc.write("state.gpw", mode="all")
            first, last, points = hybrid_part(task, calc)
            e, v, v_hybrid = non_self_consistent_eigenvalues(calc, "HSE06", first, last, points,
                                                             snapshot="hybrid.json")
            out = result(task, atoms, started, e + task["exact_exchange"] / 0.25 * (v_hybrid - v))
            take_part(out, first, last, points)
            out["base_eigenvalues_eV"] = rounded(e, 6)
            out["projections"] = rounded(projections(calc)[:, points, first:last], 5)
        elif kind == "bands":
            path = atoms.cell.bandpath(npoints=task["band_points"])
            calc.write("state.gpw", mode="all")
            fixed = calc.fixed_density(kpts=path, symmetry="off", convergence={"bands": "occupied"},
                                       txt=open("bands.txt", "a") if world.rank == 0 else None)
            fermi, energy = calc.get_fermi_level(), atoms.get_potential_energy()
            atoms.calc = fixed
            out = result(task, atoms, started)
            out["fermi_level_eV"], out["energy_eV"] = float(fermi), float(energy)  # of the self-consistent density
            out["band_path"] = {"labels": path.path, "points": {k: rounded(v, 10) for k, v in path.special_points.items()}}
        else:
            out = result(task, atoms, started)
            add_forces(out, atoms, task)
        if kind != "hybrid":
            out["projections"] = rounded(projections(atoms.calc), 5)
        if kind != "bands":
            out["site_potentials_eV"] = rounded(calc.get_atomic_electrostatic_potentials(), 6)
    out["wall_time_s"] = round(time.time() - started, 1)
    replace_file("result.json", json.dumps(out))


try:
    main()
except KohnShamConvergenceError as error:
    stop(f"not converged: {str(error).strip().splitlines()[0]}")
