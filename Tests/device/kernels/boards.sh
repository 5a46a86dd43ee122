# Sourced: what the scripts here know of the boards. Each is: name, compiler flags, QEMU machine, size of code and data.
boards='
m4  -mcpu=cortex-m4,-mfpu=fpv4-sp-d16,-mfloat-abi=hard mps2-an386 4M 4M
m7  -mcpu=cortex-m7,-mfpu=fpv5-d16,-mfloat-abi=hard mps2-an500 4M 4M
m55 -mcpu=cortex-m55,-mfloat-abi=hard mps3-an547 512K 512K
'
here=Tests/device/kernels
runtime=Sources/CEmbqRuntime
kernels=("$runtime"/embq_kernels.c "$runtime"/embq_kernels_{dsp,wide_dsp,packed_dsp,mve,packed_mve}.c)
compiler=arm-none-eabi-gcc

# build FLAGS,... CODE DATA OUT ARGUMENT...: no C library, which Debian has in a package of its own
build() {
    local flags
    IFS=, read -ra flags <<<"$1"
    "$compiler" -std=c11 "${flags[@]}" -ffreestanding -ffunction-sections -fdata-sections -Wall -Wextra -Werror \
        -I"$here" -I"$runtime" -I"$runtime/include" -nostdlib -T "$here/board.ld" -Wl,--gc-sections \
        -Wl,--defsym="CODE_SIZE=$2" -Wl,--defsym="DATA_SIZE=$3" "$here/board.c" "$here/../memory.c" "${@:5}" -lgcc -o "$4"
}

# emulate MACHINE IMAGE [QEMU ARGUMENT...]
emulate() {
    timeout 300 qemu-system-arm -M "$1" -nographic -monitor none -serial none \
        -semihosting-config enable=on,target=native -kernel "$2" "${@:3}"
}
