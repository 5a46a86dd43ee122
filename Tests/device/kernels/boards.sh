# Sourced: what the scripts here know of the boards. Each is: name, compiler flags, QEMU machine, size of code and data, and
# where they begin.
boards='
m4  -mcpu=cortex-m4,-mfpu=fpv4-sp-d16,-mfloat-abi=hard mps2-an386 4M 4M 0 0x20000000
m7  -mcpu=cortex-m7,-mfpu=fpv5-d16,-mfloat-abi=hard mps2-an500 4M 4M 0 0x20000000
m55 -mcpu=cortex-m55,-mfloat-abi=hard mps3-an547 512K 512K 0 0x20000000
m33 -mcpu=cortex-m33,-mfloat-abi=hard mps2-an505 4M 2M 0x10000000 0x38000000
m0+ -mcpu=cortex-m0plus,-mfloat-abi=soft mps2-an386 4M 4M 0 0x20000000
'
here=Tests/device/kernels
runtime=Sources/CEmbqRuntime
kernels=("$runtime"/embq_kernels.c "$runtime"/embq_kernels_{dsp,wide_dsp,packed_dsp,mve,packed_mve}.c)
compiler=arm-none-eabi-gcc

# build FLAGS,... MEMORY OUT ARGUMENT...: no C library, which Debian has in a package of its own. MEMORY is a board's last four
# words.
build() {
    local flags memory
    read -ra memory <<<"$2"
    IFS=, read -ra flags <<<"$1"
    "$compiler" -std=c11 "${flags[@]}" -ffreestanding -ffunction-sections -fdata-sections -Wall -Wextra -Werror \
        -I"$here" -I"$runtime" -I"$runtime/include" -nostdlib -T "$here/board.ld" -Wl,--gc-sections \
        -Wl,--defsym="CODE_SIZE=${memory[0]},--defsym=DATA_SIZE=${memory[1]}" \
        -Wl,--defsym="CODE_START=${memory[2]},--defsym=DATA_START=${memory[3]}" \
        "$here/board.c" "$here/../memory.c" "${@:4}" -lgcc -o "$3"
}

# emulate MACHINE IMAGE [QEMU ARGUMENT...]
emulate() {
    timeout 300 qemu-system-arm -M "$1" -nographic -monitor none -serial none \
        -semihosting-config enable=on,target=native -kernel "$2" "${@:3}"
}
