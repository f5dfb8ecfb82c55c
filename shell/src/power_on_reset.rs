use rust_hdl::prelude::*;

/// Reset: asserted from power-on, and by an unlocked clock or the button; released 256 cycles after the last of them. All in step
/// with the clock.
///
/// The delay is needed: the block RAMs of an iCE40 read zeros for some microseconds after configuration. It counts from the initial
/// value of a register, which every FPGA loads.
#[derive(LogicBlock, Default)]
pub struct PowerOnReset {
    pub clk: Signal<In, Clock>,
    /// Asynchronous: the clock is good.
    pub locked: Signal<In, Bit>,
    /// Asynchronous: pressed.
    pub button: Signal<In, Bit>,
    pub rst: Signal<Out, Bit>,
    cause: DFF<Bit>,
    cause2: DFF<Bit>,
    count: DFF<Bits<8>>,
    released: DFF<Bit>,
}

impl Logic for PowerOnReset {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, cause, cause2, count, released);
        self.rst.next = !self.released.q.val();
        self.cause.d.next = self.button.val() | !self.locked.val();
        self.cause2.d.next = self.cause.q.val();
        if self.cause2.q.val() {
            self.count.d.next = 0.into();
            self.released.d.next = false;
        } else if !self.released.q.val() {
            self.count.d.next = self.count.q.val() + 1;
            self.released.d.next = self.count.q.val().all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays `(locked, button, cycles)` one after the other and gives `rst` of every cycle.
    fn simulated(inputs: &'static [(bool, bool, usize)]) -> Vec<bool> {
        let (sender, receiver) = std::sync::mpsc::channel();
        let mut simulation = Simulation::new();
        simulation.add_clock(5, |block: &mut Box<PowerOnReset>| block.clk.next = !block.clk.val());
        simulation.add_testbench(move |mut sim: Sim<PowerOnReset>| {
            let mut block = sim.init()?;
            for &(locked, button, cycles) in inputs {
                block.locked.next = locked;
                block.button.next = button;
                for _ in 0..cycles {
                    wait_clock_cycle!(sim, clk, block);
                    sender.send(block.rst.val()).unwrap();
                }
            }
            sim.done(block)
        });
        let mut block = PowerOnReset::default();
        block.connect_all();
        simulation.run(Box::new(block), 1_000_000).unwrap();
        receiver.iter().collect()
    }

    #[test]
    fn power_on_resets_even_a_clock_that_is_good_from_the_first_cycle() {
        let rst = simulated(&[(true, false, 400)]);
        let released = rst.iter().position(|rst| !rst).unwrap();
        assert!((254..=258).contains(&released), "{released}");
        assert!(rst[released..].iter().all(|rst| !rst));
    }

    #[test]
    fn the_delay_begins_when_the_clock_is_good() {
        let rst = simulated(&[(false, false, 300), (true, false, 400)]);
        let released = rst.iter().position(|rst| !rst).unwrap();
        assert!((554..=562).contains(&released), "{released}");
    }

    #[test]
    fn the_button_resets_and_one_press_in_the_delay_begins_it_anew() {
        let rst =
            simulated(&[(true, false, 300), (true, true, 10), (true, false, 100), (true, true, 1), (true, false, 400)]);
        let pressed = 300 + rst[300..].iter().position(|&rst| rst).unwrap();
        assert!((301..=304).contains(&pressed), "{pressed}");
        let released = pressed + rst[pressed..].iter().position(|rst| !rst).unwrap();
        assert!((665..=673).contains(&released), "{released}");
    }
}
