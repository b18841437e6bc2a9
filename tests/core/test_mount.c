
#include "core/mount.h"
#include "support/test_main.h"

START_TEST(test_mount_knows_what_machines_share)
{
    ck_assert_str_eq(fw_mount_shared_name(0x6969), "NFS");
    ck_assert_str_eq(fw_mount_shared_name(0xff534d42), "SMB (CIFS)");
    ck_assert_str_eq(fw_mount_shared_name(0xffffffffff534d42), "SMB (CIFS)"); /* f_type is signed on some machines */
    ck_assert_str_eq(fw_mount_shared_name(0x65735546), "FUSE");
    ck_assert_ptr_null(fw_mount_shared_name(0xef53));     /* ext4 */
    ck_assert_ptr_null(fw_mount_shared_name(0x01021994)); /* tmpfs */
    ck_assert_ptr_null(fw_mount_shared_name(0x794c7630)); /* overlayfs */
}
END_TEST

START_TEST(test_mount_asks_for_the_folder_of_a_file_to_be)
{
    ck_assert_ptr_null(fw_mount_shared("/proc/self/status"));
    ck_assert_ptr_null(fw_mount_shared("/proc/self/not there"));
    ck_assert_ptr_null(fw_mount_shared("/no/such/folder/at/all"));
    ck_assert_ptr_null(fw_mount_shared(""));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("mount");
    TCase *cases = tcase_create("mount");
    tcase_add_test(cases, test_mount_knows_what_machines_share);
    tcase_add_test(cases, test_mount_asks_for_the_folder_of_a_file_to_be);
    suite_add_tcase(suite, cases);
    return suite;
}
