/* process.c -- from /proc and getrusage. */
#include "net/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static int64_t us_of(struct timeval time)
{
    return (int64_t)time.tv_sec * 1000000 + time.tv_usec;
}

struct process_cpu process_cpu(void)
{
    struct rusage usage = {0};
    (void)getrusage(RUSAGE_SELF, &usage);
    return (struct process_cpu){us_of(usage.ru_utime), us_of(usage.ru_stime)};
}

uint64_t process_resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL) {
        return 0;
    }
    char line[128] = "";
    char *read = fgets(line, sizeof(line), file);
    (void)fclose(file);
    if (read == NULL) {
        return 0;
    }
    char *end = line;
    (void)strtoull(line, &end, 10); /* total size */
    return strtoull(end, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

uint64_t process_files_max(void)
{
    struct rlimit limit = {0};
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? (uint64_t)limit.rlim_cur : 0;
}
