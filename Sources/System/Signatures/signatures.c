/* SPDX-License-Identifier: Apache-2.0 */
#include "embq_signatures.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

/* No password is ever asked for: a program that packages has nobody to ask. */
static int no_password(char *buffer, int size, int is_writing, void *asked)
{
    (void)buffer, (void)size, (void)is_writing;
    *(int *)asked = 1;
    return -1;
}

/* The key in a PEM text, on P-256; NULL with what is wrong. */
static EVP_PKEY *read_key(const uint8_t *pem, size_t pem_size, int is_private, embq_signing *status)
{
    char group[32] = "";
    int asked = 0;
    BIO *text = pem_size <= INT_MAX ? BIO_new_mem_buf(pem, (int)pem_size) : NULL;
    EVP_PKEY *key = NULL;
    *status = EMBQ_SIGNING_NO_KEY;
    if (text == NULL) return NULL;
    key = is_private ? PEM_read_bio_PrivateKey(text, NULL, no_password, &asked)
                     : PEM_read_bio_PUBKEY(text, NULL, no_password, &asked);
    BIO_free(text);
    if (key == NULL) {
        if (asked) *status = EMBQ_SIGNING_ENCRYPTED;
    } else if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC ||
               EVP_PKEY_get_group_name(key, group, sizeof group, NULL) != 1 || strcmp(group, "prime256v1") != 0) {
        *status = EMBQ_SIGNING_OTHER;
        EVP_PKEY_free(key);
        key = NULL;
    } else {
        /* One text for each key, however its point was written. */
        (void)EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "uncompressed");
        (void)EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, "named_curve");
        *status = EMBQ_SIGNING_DONE;
    }
    ERR_clear_error();
    return key;
}

embq_signing embq_public_key(const uint8_t *pem, size_t pem_size, int is_private, uint8_t *text, size_t *text_size)
{
    embq_signing status;
    char *bytes = NULL;
    long count = 0;
    EVP_PKEY *key = read_key(pem, pem_size, is_private, &status);
    BIO *out = key != NULL ? BIO_new(BIO_s_mem()) : NULL;
    *text_size = 0;
    if (key == NULL) return status;
    status = EMBQ_SIGNING_FAILED;
    if (out != NULL && PEM_write_bio_PUBKEY(out, key) == 1) count = BIO_get_mem_data(out, &bytes);
    if (count > 0 && (size_t)count <= EMBQ_PUBLIC_KEY_SIZE) {
        memcpy(text, bytes, (size_t)count);
        *text_size = (size_t)count;
        status = EMBQ_SIGNING_DONE;
    }
    BIO_free(out);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return status;
}

embq_signing embq_sign(const uint8_t *pem, size_t pem_size, const uint8_t *message, size_t size, uint8_t *signature,
                       size_t *signature_size)
{
    embq_signing status;
    size_t count = EMBQ_SIGNATURE_SIZE;
    EVP_PKEY *key = read_key(pem, pem_size, 1, &status);
    EVP_MD_CTX *context = key != NULL ? EVP_MD_CTX_new() : NULL;
    *signature_size = 0;
    if (key == NULL) return status;
    status = EMBQ_SIGNING_FAILED;
    if (context != NULL && EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
        EVP_DigestSign(context, signature, &count, message, size) == 1) {
        *signature_size = count;
        status = EMBQ_SIGNING_DONE;
    }
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return status;
}

embq_signing embq_check_signature(const uint8_t *pem, size_t pem_size, const uint8_t *message, size_t size,
                                  const uint8_t *signature, size_t signature_size)
{
    embq_signing status;
    EVP_PKEY *key = read_key(pem, pem_size, 0, &status);
    EVP_MD_CTX *context = key != NULL ? EVP_MD_CTX_new() : NULL;
    if (key == NULL) return status;
    status = EMBQ_SIGNING_WRONG;
    if (context == NULL || EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) != 1)
        status = EMBQ_SIGNING_FAILED;
    else if (EVP_DigestVerify(context, signature, signature_size, message, size) == 1) status = EMBQ_SIGNING_DONE;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return status;
}
