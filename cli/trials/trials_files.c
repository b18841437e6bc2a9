/* What has become of the files that studies wrote. */
#include <sys/stat.h>

#include "cli/trials/trials.h"
#include "core/file.h"
#include "core/hash.h"

const char *trials_file_state(const struct fw_artifact *artifact)
{
    struct stat found;
    char *data = NULL;
    size_t size = 0;
    if (stat(artifact->path, &found) != 0 || !S_ISREG(found.st_mode))
        return "not found from here";
    if (found.st_size != artifact->bytes)
        return "changed since";
    if (fw_file_read(&data, &size, artifact->path, 64 * FW_GIB, NULL, NULL) != FW_OK)
        return "cannot be read";
    bool same = fw_hash_bytes(data, size, 0) == artifact->checksum;
    fw_free(NULL, data);
    return same ? "as written" : "changed since";
}
