//! What the runtime measures of the process.

// The element in the distributed slice.
#![allow(unsafe_code)]

telemetry::events! {
    /// The process's memory, in bytes. What the system or the allocator does not tell is absent.
    event vm.memory {
        measurements {
            /// What the process has in RAM, `rss`.
            total: Option<u64>,
            /// Pages in RAM, those of mapped files among them; not the heap in use.
            rss: Option<u64>,
            /// Address space.
            virtual: Option<u64>,
            /// The highest `rss` so far.
            peak: Option<u64>,
            /// Pages that were swapped out.
            swap: Option<u64>,
            /// The lowest memory limit of the cgroups around the process, which it shares with what
            /// else is in them.
            limit: Option<u64>,
            /// What the program has allocated and not freed, if the allocator tells.
            heap_allocated: Option<u64>,
            /// What the allocator has in RAM, if it tells.
            heap_resident: Option<u64>,
            /// Page faults since the last execution that needed no storage.
            minor_faults: Option<u64>,
            /// Page faults since the last execution that were read from storage.
            major_faults: Option<u64>,
        }
    }

    /// How much waits to be run.
    event vm.total_run_queue_lengths {
        measurements {
            /// `cpu` and `io` together.
            total: Option<f64>,
            /// Threads of the process that waited for a processor, on average since the last
            /// execution, and tasks in the global queues of its Tokio runtimes, at this moment.
            cpu: Option<f64>,
            /// Threads of the process that wait for storage, at this moment.
            io: Option<f64>,
        }
    }

    /// How many of each the process has, and may have.
    event vm.system_counts {
        measurements {
            /// Threads.
            threads: Option<u64>,
            /// The lowest of the limits on threads.
            threads_limit: Option<u64>,
            /// Open file descriptors.
            fds: Option<u64>,
            /// The limit on file descriptors.
            fds_limit: Option<u64>,
            /// Those of the file descriptors that are sockets. Absent where there are so many file
            /// descriptors that looking at each would be dear.
            sockets: Option<u64>,
            /// Tasks of the process's Tokio runtimes that have not ended.
            tasks: Option<u64>,
        }
        metadata {
            /// Which limit on threads is the lowest: `RLIMIT_NPROC`, which counts all processes of
            /// the user, `pids.max`, which counts the cgroup, or `threads-max`, the whole system.
            threads_limit_by: Option<&str>,
            /// Which limit on file descriptors is the lowest: `RLIMIT_NOFILE`.
            fds_limit_by: Option<&str>,
        }
    }

    /// The processor time of the process.
    event vm.cpu {
        measurements {
            /// Time in the program, since the last execution.
            user: Option<Duration>,
            /// Time in the kernel for it, since the last execution.
            system: Option<Duration>,
            /// The share of the available processors that it used, since the last execution: 1 is all
            /// of them.
            utilization: Option<f64>,
            /// How many processors it may use at once: affinity and cgroups' quotas are respected.
            available: Option<f64>,
            /// How long quotas have stopped it, since the last execution.
            throttled: Option<Duration>,
            /// The time since the last execution, or since the process's start.
            window: Option<Duration>,
        }
    }

    /// What the process read and wrote, since the last execution.
    event vm.io {
        measurements {
            /// Bytes by system calls that read, from whatever.
            read: Option<u64>,
            /// Bytes by system calls that write, to whatever.
            written: Option<u64>,
            /// System calls that read.
            read_calls: Option<u64>,
            /// System calls that write.
            write_calls: Option<u64>,
            /// Bytes from storage.
            storage_read: Option<u64>,
            /// Bytes to storage.
            storage_written: Option<u64>,
        }
    }

    /// A Tokio runtime of the process.
    event vm.tokio {
        measurements {
            /// Its worker threads.
            workers: u64,
            /// Tasks that have not ended.
            alive_tasks: u64,
            /// Tasks that wait in the global queue.
            queue_depth: u64,
            /// The share of their time that its workers ran tasks, since the last execution: 1 is all
            /// of them, all the time.
            busy: Option<f64>,
            /// The same of the worker that was busiest.
            busiest: Option<f64>,
        }
        metadata {
            /// The runtime's name.
            runtime: &str,
        }
    }

    /// A task was spawned on a Tokio runtime of the process, to see how long it waits.
    event vm.event_loop {
        measurements {
            /// From the spawning until it was run.
            lag: Duration,
        }
        metadata {
            /// The runtime's name.
            runtime: &str,
        }
    }

    /// The process itself.
    event vm.process_info {
        measurements {
            /// The time since its start.
            uptime: Option<Duration>,
        }
        metadata {
            /// The file name of its program.
            name: &str,
            /// Its id.
            pid: u32,
        }
    }

    /// The threads of one name.
    event vm.thread_info {
        measurements {
            /// How many there are.
            threads: u64,
            /// Their processor time since the last execution; that of threads that ended in between is
            /// not known.
            cpu: Option<Duration>,
            /// How long they waited for a processor since the last execution.
            waited: Option<Duration>,
        }
        metadata {
            /// The name.
            name: &str,
        }
    }
}
