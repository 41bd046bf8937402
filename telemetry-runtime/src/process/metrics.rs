//! Ready-made metrics of the process, for applications that choose them.

/// Declares metrics of the process, in the crate that names them: all of them, or the groups that are
/// given.
///
/// What the runtime measures of the process is executed as events of the vocabulary
/// [`vm`](crate::vm), which nobody reads before somebody listens. This declares ready-made metrics of
/// them; an application that wants others declares its own, `use telemetry_runtime::vm;` and
/// `telemetry::metrics!`.
///
/// ```
/// telemetry_runtime::vm_metrics!(memory, cpu, tokio);
/// # fn main() {}
/// ```
///
/// | group | metrics |
/// |---|---|
/// | `memory` | `vm.memory.*` in bytes, and page faults |
/// | `cpu` | `vm.cpu.user`, `system` and `throttled` in seconds, `utilization`, `available` |
/// | `io` | `vm.io.*` |
/// | `counts` | `vm.system_counts.*` |
/// | `run_queues` | `vm.total_run_queue_lengths.*` |
/// | `tokio` | `vm.tokio.*` by runtime |
/// | `event_loop` | `vm.event_loop.lag` in milliseconds, a distribution by runtime |
/// | `threads` | `vm.thread_info.*` by name: those given to [`Builder::threads`](crate::Builder::threads) |
/// | `process` | `vm.process_info.uptime` in seconds |
#[macro_export]
macro_rules! vm_metrics {
    () => {
        $crate::vm_metrics!(
            memory, cpu, io, counts, run_queues, tokio, event_loop, threads, process
        );
    };
    ($($group:ident),+ $(,)?) => {
        $($crate::__vm_metrics! { $group })+
    };
}

// Tags are closures, as the variable that a plain tag is read from is not among this macro's names.
#[doc(hidden)]
#[macro_export]
macro_rules! __vm_metrics {
    (memory) => {
        $crate::__vm_metrics! { @declare
            /// What the process has in RAM.
            last_value(vm.memory.total, unit = byte);
            /// The process's address space.
            last_value(vm.memory.virtual, unit = byte);
            /// The most that the process had in RAM.
            last_value(vm.memory.peak, unit = byte);
            /// What was swapped out of the process.
            last_value(vm.memory.swap, unit = byte);
            /// The lowest memory limit of the cgroups around the process.
            last_value(vm.memory.limit, unit = byte);
            /// What the program has allocated and not freed.
            last_value(vm.memory.heap_allocated, unit = byte);
            /// What the allocator has in RAM.
            last_value(vm.memory.heap_resident, unit = byte);
            /// Page faults that needed no storage.
            sum(vm.memory.minor_faults);
            /// Page faults that were read from storage.
            sum(vm.memory.major_faults);
        }
    };
    (cpu) => {
        $crate::__vm_metrics! { @declare
            /// Processor time in the program, in seconds.
            sum(vm.cpu.user, unit = native => second);
            /// Processor time in the kernel, in seconds.
            sum(vm.cpu.system, unit = native => second);
            /// The share of the available processors in use: 1 is all of them.
            last_value(vm.cpu.utilization);
            /// How many processors may be used at once.
            last_value(vm.cpu.available);
            /// How long quotas stopped the process, in seconds.
            sum(vm.cpu.throttled, unit = native => second);
        }
    };
    (io) => {
        $crate::__vm_metrics! { @declare
            /// Bytes by system calls that read.
            sum(vm.io.read, unit = byte);
            /// Bytes by system calls that write.
            sum(vm.io.written, unit = byte);
            /// System calls that read.
            sum(vm.io.read_calls);
            /// System calls that write.
            sum(vm.io.write_calls);
            /// Bytes from storage.
            sum(vm.io.storage_read, unit = byte);
            /// Bytes to storage.
            sum(vm.io.storage_written, unit = byte);
        }
    };
    (counts) => {
        $crate::__vm_metrics! { @declare
            /// Threads of the process.
            last_value(vm.system_counts.threads);
            /// The lowest limit on threads.
            last_value(vm.system_counts.threads_limit);
            /// Open file descriptors.
            last_value(vm.system_counts.fds);
            /// The limit on file descriptors.
            last_value(vm.system_counts.fds_limit);
            /// Open sockets.
            last_value(vm.system_counts.sockets);
            /// Tokio tasks that have not ended.
            last_value(vm.system_counts.tasks);
        }
    };
    (run_queues) => {
        $crate::__vm_metrics! { @declare
            /// Threads and tasks that wait to be run.
            last_value(vm.total_run_queue_lengths.total);
            /// Threads and tasks that wait for a processor.
            last_value(vm.total_run_queue_lengths.cpu);
            /// Threads that wait for storage.
            last_value(vm.total_run_queue_lengths.io);
        }
    };
    (tokio) => {
        $crate::__vm_metrics! { @declare
            /// Worker threads.
            last_value(vm.tokio.workers, tags = [runtime = |m| m.runtime]);
            /// Tasks that have not ended.
            last_value(vm.tokio.alive_tasks, tags = [runtime = |m| m.runtime]);
            /// Tasks in the global queue.
            last_value(vm.tokio.queue_depth, tags = [runtime = |m| m.runtime]);
            /// The share of their time that the workers run tasks.
            last_value(vm.tokio.busy, tags = [runtime = |m| m.runtime]);
            /// The share of its time that the busiest worker runs tasks.
            last_value(vm.tokio.busiest, tags = [runtime = |m| m.runtime]);
        }
    };
    (event_loop) => {
        $crate::__vm_metrics! { @declare
            /// How long a new task waits until it is run, in milliseconds.
            distribution(vm.event_loop.lag, unit = native => millisecond,
                buckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 1000, 10_000],
                tags = [runtime = |m| m.runtime]);
        }
    };
    (threads) => {
        $crate::__vm_metrics! { @declare
            /// Threads of this name.
            last_value(vm.thread_info.threads, tags = [name = |m| m.name]);
            /// Their processor time, in seconds.
            sum(vm.thread_info.cpu, unit = native => second, tags = [name = |m| m.name]);
            /// How long they waited for a processor, in seconds.
            sum(vm.thread_info.waited, unit = native => second, tags = [name = |m| m.name]);
        }
    };
    (process) => {
        $crate::__vm_metrics! { @declare
            /// The time since the process's start, in seconds.
            last_value(vm.process_info.uptime, unit = native => second);
        }
    };
    (@declare $($metrics:tt)+) => {
        const _: () = {
            use $crate::vm;
            $crate::__private::telemetry::metrics! {
                crate = $crate::__private::telemetry;
                $($metrics)+
            }
        };
    };
    ($unknown:ident) => {
        ::core::compile_error!(::core::concat!(
            "there is no group `", ::core::stringify!($unknown), "`; groups are `memory`, `cpu`, `io`, \
             `counts`, `run_queues`, `tokio`, `event_loop`, `threads` and `process`"
        ));
    };
}
