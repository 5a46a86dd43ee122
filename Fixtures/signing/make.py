"""Makes the signature of a small folder with OpenSSF's model-signing, for the reader that embq has of its own.

    pip install model-signing==1.1.1 pyOpenSSL
    python3 Fixtures/signing/make.py

Writes key.pem and public.pem, other.pem (a public key that signed nothing), p384.pem (another curve), encrypted.pem (the key
with a password), model/ and model/model.sig. Keys and signatures are random: each run makes others.
"""
import pathlib
import subprocess

from model_signing import hashing, signing

HERE = pathlib.Path(__file__).resolve().parent


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, cwd=HERE, stderr=subprocess.DEVNULL)


def main():
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "key.pem")
    openssl("ec", "-in", "key.pem", "-pubout", "-out", "public.pem")
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "other.key")
    openssl("ec", "-in", "other.key", "-pubout", "-out", "other.pem")
    (HERE / "other.key").unlink()
    openssl("ecparam", "-name", "secp384r1", "-genkey", "-noout", "-out", "p384.pem")
    openssl("ec", "-in", "key.pem", "-aes256", "-passout", "pass:secret", "-out", "encrypted.pem")
    model = HERE / "model"
    (model / "inner").mkdir(parents=True, exist_ok=True)
    (model / "b.txt").write_text("b\n")
    (model / "a.bin").write_bytes(bytes(range(256)))
    (model / "inner" / "c.txt").write_text("")
    signature = model / "model.sig"
    signature.unlink(missing_ok=True)
    config = hashing.Config().set_ignored_paths(paths=[signature], ignore_git_paths=False)
    signing.Config().use_elliptic_key_signer(private_key=HERE / "key.pem").set_hashing_config(config).sign(
        model, signature)


if __name__ == "__main__":
    main()
