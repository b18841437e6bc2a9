#include "core/mount.h"

#include <errno.h>
#include <libgen.h>
#include <stddef.h>
#include <string.h>
#include <sys/vfs.h>

#include "core/file.h"

const char *fw_mount_shared_name(uint64_t type)
{
    static const struct {
        uint64_t type;
        const char *name;
    } shared[] = {
        {0x6969, "NFS"},        {0xff534d42, "SMB (CIFS)"}, {0xfe534d42, "SMB"},    {0x517b, "SMB"},
        {0x65735546, "FUSE"},   {0x01021997, "9P"},         {0x5346414f, "AFS"},    {0x00c36400, "Ceph"},
        {0x0bd00bd0, "Lustre"}, {0x47504653, "GPFS"},       {0x73757245, "Coda"},   {0x564c, "NCP"},
        {0x01161970, "GFS2"},   {0x7461636f, "OCFS2"},      {0x19830326, "BeeGFS"}, {0x6a656a63, "virtiofs"},
    };
    for (size_t i = 0; i < sizeof shared / sizeof shared[0]; i++) {
        if (shared[i].type == (type & 0xffffffff))
            return shared[i].name;
    }
    return NULL;
}

const char *fw_mount_shared(const char *path)
{
    struct statfs info;
    char copy[FW_PATH_SIZE];
    if (strlen(path) >= sizeof copy)
        return NULL;
    int failed = statfs(path, &info);
    if (failed != 0 && errno == ENOENT) {
        strcpy(copy, path);
        failed = statfs(dirname(copy), &info);
    }
    return failed == 0 ? fw_mount_shared_name((uint64_t)info.f_type) : NULL;
}
