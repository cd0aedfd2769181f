/* process.h -- what the system says about this process. */
#ifndef BOON_NET_PROCESS_H
#define BOON_NET_PROCESS_H

#include <stdint.h>

struct process_cpu {
    int64_t user_us; /* since the start, all threads; forked children are not in it */
    int64_t system_us;
};

struct process_cpu process_cpu(void);

/* Returns the resident set in bytes, 0 when the system does not say. */
uint64_t process_resident_bytes(void);

/* Returns how many file descriptors may be open, 0 when the system does not say. */
uint64_t process_files_max(void);

#endif
