#include "chdf5_shim.h"

#include <stdio.h>
#include <string.h>

hid_t ch5_float32(void) { return H5T_IEEE_F32LE; }
hid_t ch5_float64(void) { return H5T_IEEE_F64LE; }

hid_t ch5_integer(size_t bytes, int is_signed)
{
    switch (bytes) {
    case 1: return is_signed ? H5T_STD_I8LE : H5T_STD_U8LE;
    case 2: return is_signed ? H5T_STD_I16LE : H5T_STD_U16LE;
    case 4: return is_signed ? H5T_STD_I32LE : H5T_STD_U32LE;
    case 8: return is_signed ? H5T_STD_I64LE : H5T_STD_U64LE;
    default: return -1;
    }
}

hid_t ch5_float16(void)
{
    const hid_t type = H5Tcopy(H5T_IEEE_F32LE);
    if (type < 0) return type;
    /* Sign at bit 15, exponent in 10 to 14, fraction in 0 to 9; the fields must fit before the size shrinks. */
    if (H5Tset_fields(type, 15, 10, 5, 0, 10) < 0 || H5Tset_precision(type, 16) < 0 || H5Tset_size(type, 2) < 0 ||
        H5Tset_ebias(type, 15) < 0) {
        H5Tclose(type);
        return -1;
    }
    return type;
}

hid_t ch5_text(size_t size)
{
    const hid_t type = H5Tcopy(H5T_C_S1);
    if (type < 0) return type;
    if (H5Tset_size(type, size ? size : H5T_VARIABLE) < 0 || H5Tset_cset(type, H5T_CSET_UTF8) < 0 ||
        (size && H5Tset_strpad(type, H5T_STR_NULLPAD) < 0)) {
        H5Tclose(type);
        return -1;
    }
    return type;
}

unsigned ch5_read_only(void) { return H5F_ACC_RDONLY; }
unsigned ch5_truncate(void) { return H5F_ACC_TRUNC; }
hid_t ch5_property_list_file_access(void) { return H5Pcreate(H5P_FILE_ACCESS); }
hid_t ch5_property_list_link_access(void) { return H5Pcreate(H5P_LINK_ACCESS); }
hid_t ch5_property_list_link_create(void) { return H5Pcreate(H5P_LINK_CREATE); }
hid_t ch5_property_list_dataset_create(void) { return H5Pcreate(H5P_DATASET_CREATE); }

void ch5_keep_to_itself(void)
{
    /* Files are closed by whoever opened them; what a failure has left open must not be touched at the end. */
    H5dont_atexit();
    H5open();
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    H5PLset_loading_state(0);
}

static herr_t refuse(const char *parent_file, const char *parent_group, const char *child_file,
                     const char *child_object, unsigned *flags, hid_t file_access, void *context)
{
    (void)parent_file, (void)parent_group, (void)child_file, (void)child_object, (void)flags, (void)file_access;
    (void)context;
    return -1;
}

herr_t ch5_refuse_external_links(hid_t link_access) { return H5Pset_elink_cb(link_access, refuse, NULL); }

struct links {
    ch5_link_visitor visitor;
    void *context;
};

static herr_t each_link(hid_t group, const char *name, const H5L_info_t *info, void *data)
{
    const struct links *links = data;
    (void)group;
    switch (info->type) {
    case H5L_TYPE_HARD: return links->visitor(name, CH5_LINK_HARD, links->context);
    case H5L_TYPE_SOFT: return links->visitor(name, CH5_LINK_SOFT, links->context);
    case H5L_TYPE_EXTERNAL: return links->visitor(name, CH5_LINK_EXTERNAL, links->context);
    default: return links->visitor(name, CH5_LINK_OTHER, links->context);
    }
}

herr_t ch5_each_link(hid_t group, ch5_link_visitor visitor, void *context)
{
    struct links links = {visitor, context};
    hsize_t start = 0;
    return H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, &start, each_link, &links);
}

struct attributes {
    ch5_attribute_visitor visitor;
    void *context;
};

static herr_t each_attribute(hid_t object, const char *name, const H5A_info_t *info, void *data)
{
    const struct attributes *attributes = data;
    (void)object, (void)info;
    return attributes->visitor(name, attributes->context);
}

herr_t ch5_each_attribute(hid_t object, ch5_attribute_visitor visitor, void *context)
{
    struct attributes attributes = {visitor, context};
    hsize_t start = 0;
    return H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, &start, each_attribute, &attributes);
}

herr_t ch5_address(hid_t object, uint64_t *file, uint64_t *address)
{
#if H5_VERSION_GE(1, 12, 0)
    H5O_info1_t info;
#else
    H5O_info_t info;
#endif
    const herr_t status = H5Oget_info1(object, &info);
    *file = status < 0 ? 0 : (uint64_t)info.fileno;
    *address = status < 0 ? 0 : (uint64_t)info.addr;
    return status;
}

struct reason {
    char *text;
    size_t size;
    int version;
};

static herr_t each_error(unsigned index, const H5E_error2_t *error, void *data)
{
    struct reason *reason = data;
    if (index == 0) {
        snprintf(reason->text, reason->size, "libhdf5 %d.%d.%d, %s: %s", H5_VERS_MAJOR, H5_VERS_MINOR, H5_VERS_RELEASE,
                 error->func_name ? error->func_name : "?", error->desc ? error->desc : "?");
        reason->version = error->desc && strstr(error->desc, "version") != NULL;
    }
    return 0;
}

int ch5_reason(char *text, size_t size)
{
    struct reason reason = {text, size, 0};
    if (size) text[0] = 0;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, each_error, &reason);
    return reason.version;
}
