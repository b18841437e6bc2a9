#include "core/machine.h"

#include <stdint.h>
#include <stdio.h>

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
