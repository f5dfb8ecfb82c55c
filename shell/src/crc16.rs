use rust_hdl::prelude::*;

/// CRC-16/MCRF4XX, one bit per cycle: polynomial x^16 + x^12 + x^5 + 1, initial value ffff, least significant bit first. A message
/// followed by its CRC, low byte first, leaves 0.
#[derive(LogicBlock, Default)]
pub struct Crc16 {
    pub clk: Signal<In, Clock>,
    /// Begin a new message; no byte in this cycle.
    pub start: Signal<In, Bit>,
    /// A byte; the next one 9 cycles later at the earliest.
    pub valid: Signal<In, Bit>,
    pub data: Signal<In, Bits<8>>,
    /// Of all bytes, while not busy.
    pub crc: Signal<Out, Bits<16>>,
    pub busy: Signal<Out, Bit>,
    /// The complement of the CRC, as a register of rust-hdl starts at 0.
    complement: DFF<Bits<16>>,
    /// Bits of the byte still to come.
    left: DFF<Bits<4>>,
}

impl Logic for Crc16 {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, complement, left);
        self.crc.next = self.complement.q.val() ^ 0xffff;
        self.busy.next = self.left.q.val().any();
        if self.start.val() {
            self.complement.d.next = 0.into();
            self.left.d.next = 0.into();
        } else if self.valid.val() {
            self.complement.d.next = self.complement.q.val() ^ bit_cast::<16, 8>(self.data.val());
            self.left.d.next = 8.into();
        } else if self.busy.val() {
            self.left.d.next = self.left.q.val() - 1;
            if self.complement.q.val().get_bit(0) {
                self.complement.d.next = (self.complement.q.val() >> 1) | 0x8000;
            } else {
                self.complement.d.next = ((self.complement.q.val() >> 1) | 0x8000) ^ 0x8408;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The CRC that the simulated block gives for a message, sent as fast as it may be.
    fn simulated(message: &[u8]) -> u16 {
        let (sender, receiver) = std::sync::mpsc::channel();
        let message = message.to_vec();
        let mut simulation = Simulation::new();
        simulation.add_clock(5, |block: &mut Box<Crc16>| block.clk.next = !block.clk.val());
        simulation.add_testbench(move |mut sim: Sim<Crc16>| {
            let mut block = sim.init()?;
            wait_clock_true!(sim, clk, block);
            block.start.next = true;
            wait_clock_cycle!(sim, clk, block);
            block.start.next = false;
            for &byte in &message {
                block.valid.next = true;
                block.data.next = u64::from(byte).into();
                wait_clock_cycle!(sim, clk, block);
                block.valid.next = false;
                sim_assert!(sim, block.busy.val(), block);
                wait_clock_cycles!(sim, clk, block, 8);
                sim_assert!(sim, !block.busy.val(), block);
            }
            sender.send(block.crc.val().to_u64() as u16).unwrap();
            sim.done(block)
        });
        let mut block = Crc16::default();
        block.connect_all();
        simulation.run(Box::new(block), 1_000_000).unwrap();
        receiver.recv().unwrap()
    }

    #[test]
    fn the_check_value_of_the_catalog() {
        assert_eq!(simulated(b"123456789"), 0x6f91);
        assert_eq!(simulated(b""), 0xffff);
    }

    #[test]
    fn equal_to_an_independent_implementation_and_0_after_its_own_crc() {
        let reference = crc::Crc::<u16>::new(&crc::CRC_16_MCRF4XX);
        let mut message = Vec::new();
        for length in 0..20u8 {
            let expected = reference.checksum(&message);
            assert_eq!(simulated(&message), expected, "{message:x?}");
            assert_eq!(simulated(&[&message[..], &expected.to_le_bytes()].concat()), 0);
            message.push(length.wrapping_mul(151) ^ 0x5a);
        }
    }
}
