#include "core/machine.h"

#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

size_t fw_machine_memory_available(void)
{
    char line[128];
    unsigned long long kib;
    size_t available = SIZE_MAX;
    FILE *file = fopen("/proc/meminfo", "r");
    if (file == NULL)
        return SIZE_MAX;
    while (fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1)
            available = (size_t)kib * 1024;
    }
    fclose(file);
    return available;
}

void fw_machine_restart(char **argv)
{
    char path[4096]; /* by its own name, by which pgrep and top know it */
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length > 0) {
        path[length] = '\0';
        execv(path, argv);
    }
}
