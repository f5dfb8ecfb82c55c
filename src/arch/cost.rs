//! The cost model: the cycles of every image, exactly, from the number of events per layer and step.
//!
//! The pipeline is a chain of streams, and each beat's time is the latest of a few earlier times plus a constant (max-plus). That rule is
//! here, and only here; the constants stand with the engines and readouts. The derivation is in `docs/verilog.md`, section "Cycles".
//! Valid for a result stream that is always ready.

use std::collections::VecDeque;

use super::design::{Design, Passage};
use super::port_clock::{Offer, PortClock};
use super::readout::Decision;
use super::stream::Form;
use super::timing::{Arrivals, Pace, Step};

/// How images follow each other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Spacing {
    /// The next image is offered as soon as the last beat of the one before is accepted: measures throughput.
    #[default]
    BackToBack,
    /// The next image is offered when the result of the one before has been taken and nothing of it is left in the hardware: measures
    /// latency.
    Isolated,
}

/// What the cost model needs to know of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// `events[l][t]`: the places of the events into layer `l` at step `t`, in ascending order.
    pub events: Vec<Vec<Vec<u32>>>,
    /// The step after which the class is known; the last one but for an early exit.
    pub decision_step: usize,
}

impl Frame {
    /// Sorts the events of an image by step: those of the inputs, and those of every layer.
    ///
    /// # Units
    /// Time steps; `time_steps` means never.
    pub fn from_spike_times(time_steps: usize, inputs: &[u8], layers: &[Vec<u8>], decision_step: u8) -> Self {
        let sort = |times: &[u8]| {
            let mut events = vec![Vec::new(); time_steps + 1];
            (0..).zip(times).for_each(|(place, &time)| events[usize::from(time)].push(place));
            events.truncate(time_steps);
            events
        };
        let feeding = &layers[..layers.len().saturating_sub(1)];
        let events = std::iter::once(inputs).chain(feeding.iter().map(Vec::as_slice)).map(sort).collect();
        Frame { events, decision_step: usize::from(decision_step) }
    }
}

/// When an image entered and left, in cycles since the first image was offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameCost {
    /// The first input beat is accepted.
    pub first_beat: u64,
    /// The class word is first valid.
    pub class_word: u64,
}

impl FrameCost {
    /// Cycles from the first beat to the class.
    pub fn latency(&self) -> u64 {
        self.class_word - self.first_beat
    }
}

/// Follows a sequence of images through a design.
pub struct CostModel<'a> {
    design: &'a Design,
    spacing: Spacing,
    clocks: Vec<Clock>,
    /// Of each part, whether every mark takes a credit, not only that of the last step.
    pays: Vec<bool>,
    port: PortClock,
    /// Class word of the image before.
    last_class: u64,
}

/// The state of a part's input.
struct Clock {
    /// Whether marks need credits. A part of a flow does not wait.
    waits: bool,
    /// First cycle in which a beat may be offered: the one before has been accepted.
    open: u64,
    /// First cycle in which a beat may start.
    free: u64,
    /// First cycle in which the credits may be used, oldest first.
    credits: VecDeque<u64>,
}

impl<'a> CostModel<'a> {
    /// The cost model of a design whose images come in this spacing.
    pub fn new(design: &'a Design, spacing: Spacing) -> Self {
        let clocks: Vec<_> = design.stations().map(|part| Clock::new(part.station.pace())).collect();
        // Only what leads straight to the readout may leave steps out.
        let last = clocks.iter().rposition(|clock| clock.waits);
        let every_step = design.readout.kind.every_step();
        let pays = (0..clocks.len()).map(|index| every_step || Some(index) < last).collect();
        let port = PortClock::new(&design.port, design.input_map.size());
        CostModel { design, spacing, clocks, pays, port, last_class: 0 }
    }

    /// Latency of an image without events, in cycles.
    pub fn empty_image_latency(design: &Design) -> u64 {
        let events = vec![vec![Vec::new(); design.time_steps]; design.layers.len()];
        CostModel::new(design, Spacing::Isolated)
            .next(&Frame { events, decision_step: design.time_steps - 1 })
            .latency()
    }

    /// The cycles of the next image.
    ///
    /// # Panics
    /// If `frame` does not have one count per layer and step.
    pub fn next(&mut self, frame: &Frame) -> FrameCost {
        let offered = match self.spacing {
            Spacing::BackToBack => 0,
            Spacing::Isolated => self.settled(),
        };
        let mut first_beat = None;
        let mut class_word = 0;
        for step in 0..self.design.time_steps {
            let Offer { first_beat: taken, earliest } = self.port.offer(step, offered);
            let (first_accepted, end) = self.step(frame, step, earliest);
            first_beat.get_or_insert(taken.unwrap_or(first_accepted));
            if let Some(class) = end {
                class_word = class;
            }
        }
        self.last_class = class_word;
        FrameCost { first_beat: first_beat.unwrap_or(0), class_word }
    }

    /// The first cycle in which nothing waits for anything.
    fn settled(&self) -> u64 {
        let clocks = self.clocks.iter().flat_map(|clock| clock.credits.iter().copied().chain([clock.free]));
        clocks.chain([self.last_class + 1, self.port.settled()]).max().unwrap_or(0)
    }

    /// One step through all parts. Gives the first accepted beat, and the class word if the step decides.
    fn step(&mut self, frame: &Frame, step: usize, earliest: u64) -> (u64, Option<u64>) {
        let design = self.design;
        let last_step = step + 1 == design.time_steps;
        let mut beats = match design.input {
            Form::Events(_) => Arrivals::all_at(earliest, frame.events[0][step].len()),
            // The last bundle is the mark.
            bundles @ Form::Bundles { .. } => {
                Arrivals::all_at(earliest, bundles.beats(&frame.events[0][step]).len() - 1)
            }
            Form::Steps { .. } | Form::Flow { .. } | Form::Captures => Arrivals::whole(earliest),
        };
        let mut first_accepted = None;
        for (index, Passage { station, from, to }) in design.stations().enumerate() {
            let pace = station.pace();
            let clock = &mut self.clocks[index];
            for &offered in &beats.events {
                let accepted = clock.accept(offered, pace.event);
                first_accepted.get_or_insert(accepted);
            }
            let captured = to < design.layers.len() || design.readout.kind.every_step() || last_step;
            let (presented, mark) = clock.accept_mark(beats.mark, &pace, self.pays[index] || last_step);
            first_accepted.get_or_insert(mark);
            self.mark_left(index, presented, mark, last_step);
            if !captured {
                return (first_accepted.unwrap_or(0), None);
            }
            let spikes = frame.events.get(to).map_or(&[][..], |steps| &steps[step]);
            let departure = station
                .depart(&Step { first: step == 0, last: last_step, events: &frame.events[from][step], spikes }, mark);
            self.clocks[index].free = departure.open;
            beats = departure.beats;
        }
        let decision = Decision { last_step, deciding: step == frame.decision_step };
        (first_accepted.unwrap_or(0), self.read_out(&decision, beats.mark))
    }

    /// A mark left the producer of the input of part `index`: the producer may use its slot again.
    fn mark_left(&mut self, index: usize, presented: u64, mark: u64, last_step: bool) {
        if index > 0 {
            // In a flow, nothing is free before it has left the flow.
            if self.clocks[index].waits {
                self.give_back(index, mark + 1);
            }
        } else {
            self.port.accepted(presented, mark, last_step);
        }
    }

    /// The last part that waits in front of part `index` may use a credit from cycle `free` on.
    fn give_back(&mut self, index: usize, free: u64) {
        let giver = self.clocks[..index].iter_mut().rfind(|clock| clock.waits);
        giver.expect("steps enter a flow through a gate").credits.push_back(free);
    }

    /// The readout after a capture whose vector is complete in cycle `vector`. Gives the class word, if this step decides.
    fn read_out(&mut self, decision: &Decision, vector: u64) -> Option<u64> {
        let readout = &self.design.readout;
        let classes = readout.classes as u64;
        let decides = readout.kind.decides(decision);
        let captured = vector - u64::from(self.design.compares_captures());
        let timing = readout.kind.timing(captured, classes, decides);
        self.give_back(self.clocks.len(), timing.free);
        decides.then_some(timing.class_word)
    }
}

impl Clock {
    fn new(pace: Pace) -> Self {
        Clock { waits: pace.credits > 0, open: 0, free: 0, credits: VecDeque::from(vec![0; pace.credits]) }
    }

    /// Accepts a beat that takes `duration` cycles; gives the cycle of its handshake, the last one.
    fn accept(&mut self, earliest: u64, duration: u64) -> u64 {
        let accepted = self.free.max(earliest) + duration - 1;
        self.open = accepted + 1;
        self.free = accepted + 1;
        accepted
    }

    /// Accepts a mark. Gives the cycle in which it is first offered, and that of its handshake.
    fn accept_mark(&mut self, earliest: u64, pace: &Pace, pays: bool) -> (u64, u64) {
        let presented = self.open.max(earliest);
        if pace.before_mark > 0 {
            self.accept(earliest, pace.before_mark);
        }
        if !pays || !self.waits {
            return (presented, self.accept(earliest, 1));
        }
        let credit = self.credits.pop_front().expect("every used credit comes back before the next step");
        (presented, self.accept(earliest.max(credit), pace.mark))
    }
}
